"""The first tables, the search index over open requests, and the guard of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


# SQLite: a full-text table that holds what is open, kept by triggers, so that a search never reads the past.
SQLITE = (
    """
    CREATE VIRTUAL TABLE request_search
    USING fts5(body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0')
    """,
    """
    CREATE TRIGGER request_search_insert AFTER INSERT ON help_requests WHEN new.status = 'open'
    BEGIN INSERT INTO request_search(rowid, body) VALUES (new.id, new.search_text); END
    """,
    """
    CREATE TRIGGER request_search_update AFTER UPDATE OF status, search_text ON help_requests
    BEGIN
      DELETE FROM request_search WHERE rowid = old.id AND old.status = 'open';
      INSERT INTO request_search(rowid, body) SELECT new.id, new.search_text WHERE new.status = 'open';
    END
    """,
    """
    CREATE TRIGGER request_search_delete AFTER DELETE ON help_requests WHEN old.status = 'open'
    BEGIN DELETE FROM request_search WHERE rowid = old.id; END
    """,
    """
    CREATE TRIGGER integrity_events_no_update BEFORE UPDATE ON integrity_events
    BEGIN SELECT RAISE(ABORT, 'the integrity log is append-only'); END
    """,
    """
    CREATE TRIGGER integrity_events_no_delete BEFORE DELETE ON integrity_events
    BEGIN SELECT RAISE(ABORT, 'the integrity log is append-only'); END
    """,
)
POSTGRESQL = (
    """
    CREATE INDEX ix_help_requests_search ON help_requests
    USING gin (to_tsvector('simple', search_text)) WHERE status = 'open'
    """,
    """
    CREATE FUNCTION integrity_events_guard() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the integrity log is append-only'; END $$
    """,
    """
    CREATE TRIGGER integrity_events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON integrity_events
    FOR EACH STATEMENT EXECUTE FUNCTION integrity_events_guard()
    """,
    # The live hub listens.
    """
    CREATE FUNCTION integrity_events_tell() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('live', ''); RETURN NULL; END $$
    """,
    """
    CREATE TRIGGER integrity_events_tell AFTER INSERT ON integrity_events
    FOR EACH STATEMENT EXECUTE FUNCTION integrity_events_tell()
    """,
)


def upgrade() -> None:
    create_tables()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)
    op.execute("INSERT INTO integrity_head (id, seq) VALUES (1, 0)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE request_search")
    drop_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION integrity_events_guard()")
        op.execute("DROP FUNCTION integrity_events_tell()")


def create_tables() -> None:
    op.create_table(
        "demonstration_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demonstration_mark")),
    )
    op.create_table(
        "help_kinds",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_kk", sa.String(length=60), nullable=False),
        sa.Column("name_ru", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_help_kinds")),
    )
    op.create_table(
        "integrity_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_integrity_events")),
    )
    with op.batch_alter_table("integrity_events", schema=None) as batch_op:
        batch_op.create_index("ix_integrity_events_subject", ["subject", "seq"], unique=False)

    op.create_table(
        "integrity_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrity_head")),
    )
    op.create_table(
        "limit_counts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_ends_at", name=op.f("pk_limit_counts")),
    )
    with op.batch_alter_table("limit_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_counts_window_ends_at"), ["window_ends_at"], unique=False)

    op.create_table(
        "outbox_mails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mails")),
    )
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_mails_unsent",
            ["try_at", "id"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        )

    op.create_table(
        "regions",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent_code", sa.String(length=40), nullable=True),
        sa.Column("name_kk", sa.String(length=120), nullable=False),
        sa.Column("name_ru", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("desk_phone", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["parent_code"], ["regions.code"], name=op.f("fk_regions_parent_code_regions")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
    )
    with op.batch_alter_table("regions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_regions_parent_code"), ["parent_code"], unique=False)

    op.create_table(
        "day_totals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("deeds", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_day_totals_region_code_regions")),
        sa.PrimaryKeyConstraint("day", "region_code", name=op.f("pk_day_totals")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_ref", sa.String(length=34), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=True),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("age_group", sa.String(length=8), nullable=False),
        sa.Column("capabilities", sa.Integer(), nullable=False),
        sa.Column("confirmed_minutes", sa.Integer(), nullable=False),
        sa.Column("may_edit_questionnaire", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('volunteer','coordinator','auditor','admin')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["district_code"], ["regions.code"], name=op.f("fk_users_district_code_regions")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_users_region_code_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("public_ref", name=op.f("uq_users_public_ref")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("ix_users_region_name", ["region_code", "name"], unique=False)

    op.create_table(
        "desk_filters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("query", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_desk_filters_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_filters")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_desk_filters_user_id_name")),
    )
    op.create_table(
        "auth_sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_auth_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_auth_sessions")),
    )
    with op.batch_alter_table("auth_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auth_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "coordinator_regions",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code"], ["regions.code"], name=op.f("fk_coordinator_regions_region_code_regions")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_coordinator_regions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "region_code", name=op.f("pk_coordinator_regions")),
    )
    op.create_table(
        "password_resets",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_resets")),
    )
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_resets_user_id"), ["user_id"], unique=False)

    op.create_table(
        "questionnaire_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["users.id"],
            name=op.f("fk_questionnaire_versions_created_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_versions")),
    )
    with op.batch_alter_table("questionnaire_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_questionnaire_versions_published_at"), ["published_at"], unique=False)

    op.create_table(
        "requesters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_ref", sa.String(length=34), nullable=False),
        sa.Column("channel", sa.String(length=5), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("is_for_other", sa.Boolean(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_name", sa.String(length=32), nullable=True),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_answers", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pair_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sent_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=False),
        sa.Column("consent_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("consent_channel", sa.String(length=5), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('web','paper','phone')", name=op.f("ck_requesters_channel")),
        sa.CheckConstraint("(key_name IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_requesters_erased")),
        sa.CheckConstraint("key_name IS NOT NULL OR phone_hash IS NULL", name=op.f("ck_requesters_phone")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_requesters_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_versions.id"], name=op.f("fk_requesters_version_id_questionnaire_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requesters")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_requesters_code_hash")),
        sa.UniqueConstraint("key_name", name=op.f("uq_requesters_key_name")),
        sa.UniqueConstraint("public_ref", name=op.f("uq_requesters_public_ref")),
        sa.UniqueConstraint("sent_key", name=op.f("uq_requesters_sent_key")),
    )
    with op.batch_alter_table("requesters", schema=None) as batch_op:
        batch_op.create_index(
            "ix_requesters_kept",
            ["created_at", "id"],
            unique=False,
            sqlite_where=sa.text("key_name IS NOT NULL"),
            postgresql_where=sa.text("key_name IS NOT NULL"),
        )
        batch_op.create_index("ix_requesters_phone", ["phone_hash", "id"], unique=False)

    op.create_table(
        "help_drafts",
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("form_key", sa.String(length=32), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["requesters.id"],
            name=op.f("fk_help_drafts_requester_id_requesters"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_versions.id"], name=op.f("fk_help_drafts_version_id_questionnaire_versions")
        ),
        sa.PrimaryKeyConstraint("browser_hash", name=op.f("pk_help_drafts")),
    )
    with op.batch_alter_table("help_drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_drafts_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "help_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("briefing", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("kind_code", sa.String(length=24), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("timing", sa.String(length=10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("needs", sa.Integer(), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=False),
        sa.Column("two_adults", sa.Boolean(), nullable=False),
        sa.Column("is_asar", sa.Boolean(), nullable=False),
        sa.Column("for_person", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("split_from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("duplicate_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name=op.f("ck_help_requests_outcome")),
        sa.CheckConstraint("status IN ('received','open','paused','closed')", name=op.f("ck_help_requests_status")),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_help_requests_places")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_help_requests_waiting")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_help_requests_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["district_code"], ["regions.code"], name=op.f("fk_help_requests_district_code_regions")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["help_requests.id"], name=op.f("fk_help_requests_duplicate_of_id_help_requests")
        ),
        sa.ForeignKeyConstraint(["kind_code"], ["help_kinds.code"], name=op.f("fk_help_requests_kind_code_help_kinds")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_help_requests_region_code_regions")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.id"], name=op.f("fk_help_requests_requester_id_requesters")
        ),
        sa.ForeignKeyConstraint(
            ["split_from_id"], ["help_requests.id"], name=op.f("fk_help_requests_split_from_id_help_requests")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by_id"], ["users.id"], name=op.f("fk_help_requests_verified_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_requests")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_help_requests_source_source_id")),
    )
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.create_index("ix_help_requests_board", ["status", "due_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_help_requests_created_by_id"), ["created_by_id"], unique=False)
        batch_op.create_index("ix_help_requests_desk", ["region_code", "status", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_help_requests_duplicate_of_id"), ["duplicate_of_id"], unique=False)
        batch_op.create_index("ix_help_requests_region_board", ["region_code", "status", "due_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_help_requests_requester_id"), ["requester_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_help_requests_split_from_id"), ["split_from_id"], unique=False)
        batch_op.create_index(
            "ix_help_requests_free",
            ["status", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("taken < capacity"),
            postgresql_where=sa.text("taken < capacity"),
        )
        batch_op.create_index(
            "ix_help_requests_region_free",
            ["region_code", "status", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("taken < capacity"),
            postgresql_where=sa.text("taken < capacity"),
        )
        batch_op.create_index(
            "ix_help_requests_soon",
            ["region_code", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'open' AND taken = 0"),
            postgresql_where=sa.text("status = 'open' AND taken = 0"),
        )
        batch_op.create_index(
            "ix_help_requests_to_publish",
            ["region_code", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'received' AND (requester_id IS NULL OR verified_at IS NOT NULL)"),
            postgresql_where=sa.text("status = 'received' AND (requester_id IS NULL OR verified_at IS NOT NULL)"),
        )
        batch_op.create_index(
            "ix_help_requests_to_verify",
            ["region_code", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'received' AND requester_id IS NOT NULL AND verified_at IS NULL"),
            postgresql_where=sa.text("status = 'received' AND requester_id IS NOT NULL AND verified_at IS NULL"),
        )
        batch_op.create_index(
            "ix_help_requests_unclaimed",
            ["region_code", "published_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'open' AND taken = 0"),
            postgresql_where=sa.text("status = 'open' AND taken = 0"),
        )
        batch_op.create_index(batch_op.f("ix_help_requests_verified_by_id"), ["verified_by_id"], unique=False)

    op.create_table(
        "case_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key_name", sa.String(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_case_entries_region_code_regions")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["help_requests.id"], name=op.f("fk_case_entries_request_id_help_requests")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_case_entries_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entries")),
    )
    with op.batch_alter_table("case_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_entries_key_name"), ["key_name"], unique=False)
        batch_op.create_index("ix_case_entries_request", ["request_id", "id"], unique=False)
        batch_op.create_index(
            "ix_case_entries_words",
            ["region_code", "id"],
            unique=False,
            sqlite_where=sa.text("kind = 'word' AND seen_at IS NULL"),
            postgresql_where=sa.text("kind = 'word' AND seen_at IS NULL"),
        )

    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("credit", sa.String(length=8), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("helped_said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pair_given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_asked", sa.Boolean(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_ref", sa.String(length=34), nullable=True),
        sa.CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 1440", name=op.f("ck_claims_minutes")),
        sa.CheckConstraint("people >= 1", name=op.f("ck_claims_people")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_claims_region_code_regions")),
        sa.ForeignKeyConstraint(["request_id"], ["help_requests.id"], name=op.f("fk_claims_request_id_help_requests")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_claims_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(
            "ix_claims_begun",
            ["request_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'started' AND helped_said_at IS NULL"),
            postgresql_where=sa.text("state = 'started' AND helped_said_at IS NULL"),
        )
        batch_op.create_index("ix_claims_request", ["request_id", "state", "id"], unique=False)
        batch_op.create_index(
            "ix_claims_to_settle",
            ["region_code", "state", "reported_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('reported', 'disputed')"),
            postgresql_where=sa.text("state IN ('reported', 'disputed')"),
        )
        batch_op.create_index(
            "ix_claims_vouched",
            ["region_code", "helped_said_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('claimed', 'started') AND helped_said_at IS NOT NULL"),
            postgresql_where=sa.text("state IN ('claimed', 'started') AND helped_said_at IS NOT NULL"),
        )
        batch_op.create_index("ix_claims_user", ["user_id", "state", "id"], unique=False)
        batch_op.create_index(
            "uq_claims_active",
            ["request_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'claimed', 'started', 'reported', 'disputed')"),
            postgresql_where=sa.text("state IN ('waiting', 'claimed', 'started', 'reported', 'disputed')"),
        )

    op.create_table(
        "contact_reveals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=6), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("step IN ('street','door')", name=op.f("ck_contact_reveals_step")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["help_requests.id"], name=op.f("fk_contact_reveals_request_id_help_requests")
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["requesters.id"], name=op.f("fk_contact_reveals_requester_id_requesters")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_contact_reveals_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_reveals")),
    )
    with op.batch_alter_table("contact_reveals", schema=None) as batch_op:
        batch_op.create_index("ix_contact_reveals_requester", ["requester_id", "id"], unique=False)
        batch_op.create_index("ix_contact_reveals_user", ["user_id", "at"], unique=False)

    op.create_table(
        "deeds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("doer_name", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("kind_code", sa.String(length=24), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("helpers", sa.Integer(), nullable=False),
        sa.Column("helped", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("hidden_reason", sa.String(length=500), nullable=False),
        sa.Column("thanks", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("level IN ('told','witnessed','confirmed')", name=op.f("ck_deeds_level")),
        sa.CheckConstraint("status IN ('pending','published','hidden')", name=op.f("ck_deeds_status")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_deeds_claim_id_claims")),
        sa.ForeignKeyConstraint(["district_code"], ["regions.code"], name=op.f("fk_deeds_district_code_regions")),
        sa.ForeignKeyConstraint(["kind_code"], ["help_kinds.code"], name=op.f("fk_deeds_kind_code_help_kinds")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_deeds_region_code_regions")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_deeds_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deeds")),
    )
    with op.batch_alter_table("deeds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deeds_claim",
            ["claim_id"],
            unique=True,
            sqlite_where=sa.text("claim_id IS NOT NULL"),
            postgresql_where=sa.text("claim_id IS NOT NULL"),
        )
        batch_op.create_index("ix_deeds_feed", ["status", "published_at", "id"], unique=False)
        batch_op.create_index(
            "ix_deeds_pending",
            ["region_code", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.create_index("ix_deeds_user", ["user_id", "id"], unique=False)

    op.create_table(
        "user_notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deed_id"], ["deeds.id"], name=op.f("fk_user_notices_deed_id_deeds")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["help_requests.id"], name=op.f("fk_user_notices_request_id_help_requests")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_notices_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_notices")),
    )
    with op.batch_alter_table("user_notices", schema=None) as batch_op:
        batch_op.create_index("ix_user_notices_user_id_read_at", ["user_id", "read_at", "id"], unique=False)

    op.create_table(
        "deed_reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deed_id"], ["deeds.id"], name=op.f("fk_deed_reports_deed_id_deeds")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_deed_reports_region_code_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deed_reports")),
    )
    with op.batch_alter_table("deed_reports", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deed_reports_open",
            ["deed_id", "id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )
        batch_op.create_index(
            "ix_deed_reports_waiting",
            ["region_code", "id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "deed_thanks",
        sa.Column("deed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["deed_id"], ["deeds.id"], name=op.f("fk_deed_thanks_deed_id_deeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("deed_id", "reader", name=op.f("pk_deed_thanks")),
    )
    op.create_table(
        "photos",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_photos_claim_id_claims")),
        sa.ForeignKeyConstraint(["deed_id"], ["deeds.id"], name=op.f("fk_photos_deed_id_deeds")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_photos_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_photos")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(
            "ix_photos_claim",
            ["claim_id"],
            unique=False,
            sqlite_where=sa.text("claim_id IS NOT NULL"),
            postgresql_where=sa.text("claim_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_photos_deed",
            ["deed_id"],
            unique=False,
            sqlite_where=sa.text("deed_id IS NOT NULL"),
            postgresql_where=sa.text("deed_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_photos_free",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("claim_id IS NULL AND deed_id IS NULL"),
            postgresql_where=sa.text("claim_id IS NULL AND deed_id IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_photos_user_id"), ["user_id"], unique=False)


def drop_tables() -> None:
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_photos_user_id"))
        batch_op.drop_index(
            "ix_photos_free",
            sqlite_where=sa.text("claim_id IS NULL AND deed_id IS NULL"),
            postgresql_where=sa.text("claim_id IS NULL AND deed_id IS NULL"),
        )
        batch_op.drop_index(
            "ix_photos_deed",
            sqlite_where=sa.text("deed_id IS NOT NULL"),
            postgresql_where=sa.text("deed_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_photos_claim",
            sqlite_where=sa.text("claim_id IS NOT NULL"),
            postgresql_where=sa.text("claim_id IS NOT NULL"),
        )

    op.drop_table("photos")
    op.drop_table("deed_thanks")
    with op.batch_alter_table("deed_reports", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deed_reports_open",
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.drop_table("deed_reports")
    with op.batch_alter_table("user_notices", schema=None) as batch_op:
        batch_op.drop_index("ix_user_notices_user_id_read_at")

    op.drop_table("user_notices")

    with op.batch_alter_table("deeds", schema=None) as batch_op:
        batch_op.drop_index("ix_deeds_user")
        batch_op.drop_index("ix_deeds_feed")

    op.drop_table("deeds")
    with op.batch_alter_table("contact_reveals", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_reveals_user")
        batch_op.drop_index("ix_contact_reveals_requester")

    op.drop_table("contact_reveals")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claims_active",
            sqlite_where=sa.text("state IN ('waiting', 'claimed', 'started', 'reported', 'disputed')"),
            postgresql_where=sa.text("state IN ('waiting', 'claimed', 'started', 'reported', 'disputed')"),
        )
        batch_op.drop_index(
            "ix_claims_vouched",
            sqlite_where=sa.text("state IN ('claimed', 'started') AND helped_said_at IS NOT NULL"),
            postgresql_where=sa.text("state IN ('claimed', 'started') AND helped_said_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_claims_user")
        batch_op.drop_index("ix_claims_request")
        batch_op.drop_index(
            "ix_claims_begun",
            sqlite_where=sa.text("state = 'started' AND helped_said_at IS NULL"),
            postgresql_where=sa.text("state = 'started' AND helped_said_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_claims_to_settle",
            sqlite_where=sa.text("state IN ('reported', 'disputed')"),
            postgresql_where=sa.text("state IN ('reported', 'disputed')"),
        )

    op.drop_table("claims")
    with op.batch_alter_table("case_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_case_entries_request")

    op.drop_table("case_entries")
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_help_requests_verified_by_id"))
        batch_op.drop_index(batch_op.f("ix_help_requests_split_from_id"))
        batch_op.drop_index(batch_op.f("ix_help_requests_requester_id"))
        batch_op.drop_index("ix_help_requests_region_board")
        batch_op.drop_index(batch_op.f("ix_help_requests_duplicate_of_id"))
        batch_op.drop_index("ix_help_requests_desk")
        batch_op.drop_index(batch_op.f("ix_help_requests_created_by_id"))
        batch_op.drop_index("ix_help_requests_board")

    op.drop_table("help_requests")
    with op.batch_alter_table("help_drafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_help_drafts_updated_at"))

    op.drop_table("help_drafts")
    with op.batch_alter_table("requesters", schema=None) as batch_op:
        batch_op.drop_index("ix_requesters_phone")
        batch_op.drop_index(
            "ix_requesters_kept",
            sqlite_where=sa.text("key_name IS NOT NULL"),
            postgresql_where=sa.text("key_name IS NOT NULL"),
        )

    op.drop_table("requesters")
    with op.batch_alter_table("questionnaire_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questionnaire_versions_published_at"))

    op.drop_table("questionnaire_versions")
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_resets_user_id"))

    op.drop_table("password_resets")
    op.drop_table("coordinator_regions")
    with op.batch_alter_table("auth_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auth_sessions_user_id"))

    op.drop_table("auth_sessions")
    op.drop_table("desk_filters")
    op.drop_table("users")
    op.drop_table("day_totals")
    with op.batch_alter_table("regions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_regions_parent_code"))

    op.drop_table("regions")
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_mails_unsent",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        )

    op.drop_table("outbox_mails")
    with op.batch_alter_table("limit_counts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_limit_counts_window_ends_at"))

    op.drop_table("limit_counts")
    op.drop_table("integrity_head")
    with op.batch_alter_table("integrity_events", schema=None) as batch_op:
        batch_op.drop_index("ix_integrity_events_subject")

    op.drop_table("integrity_events")
    op.drop_table("help_kinds")
    op.drop_table("demonstration_mark")
