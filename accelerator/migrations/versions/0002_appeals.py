"""Appeals: letters, their threads, sealed photos, what waits for its hour to be over, public figures."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

IS_OPEN = "status IN ('received','assigned')"
IS_UNREAD = f"{IS_OPEN} AND unread > 0"
IS_CLOSED = "status = 'closed'"
IS_OVER = "status IN ('closed','withdrawn') AND forgotten_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "appeal_speeds",
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_appeal_speeds_region_code_regions")),
        sa.PrimaryKeyConstraint("region_code", "kind", "days", name=op.f("pk_appeal_speeds")),
    )
    op.create_table(
        "appeal_totals",
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_appeal_totals_region_code_regions")),
        sa.PrimaryKeyConstraint("region_code", "kind", name=op.f("pk_appeal_totals")),
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("region_code", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("for_auditors", sa.Boolean(), nullable=False),
        sa.Column("about_request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("about_deed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key_name", sa.String(length=32), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=True),
        sa.Column("reply_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sent_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("is_code_kept", sa.Boolean(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("first_closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name=op.f("ck_appeals_outcome")),
        sa.CheckConstraint("kind <> 'integrity' OR for_auditors", name=op.f("ck_appeals_integrity")),
        sa.CheckConstraint(
            "kind IN ('application','complaint','suggestion','thanks','integrity')", name=op.f("ck_appeals_kind")
        ),
        sa.CheckConstraint("status IN ('received','assigned','closed','withdrawn')", name=op.f("ck_appeals_status")),
        sa.CheckConstraint("NOT for_auditors OR key_name IS NULL", name=op.f("ck_appeals_sealed")),
        sa.ForeignKeyConstraint(
            ["about_deed_id"], ["deeds.id"], name=op.f("fk_appeals_about_deed_id_deeds"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["about_request_id"], ["help_requests.id"], name=op.f("fk_appeals_about_request_id_help_requests")
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_appeals_assignee_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_appeals_claim_id_claims")),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name=op.f("fk_appeals_region_code_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_appeals_claim_id")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_appeals_code_hash")),
        sa.UniqueConstraint("key_name", name=op.f("uq_appeals_key_name")),
        sa.UniqueConstraint("sent_key", name=op.f("uq_appeals_sent_key")),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeals_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(
            "ix_appeals_kept",
            ["closed_at", "id"],
            unique=False,
            sqlite_where=sa.text(IS_OVER),
            postgresql_where=sa.text(IS_OVER),
        )
        batch_op.create_index(
            "ix_appeals_unread",
            ["for_auditors", "region_code", "due_on", "id"],
            unique=False,
            sqlite_where=sa.text(IS_UNREAD),
            postgresql_where=sa.text(IS_UNREAD),
        )
        batch_op.create_index(
            "ix_appeals_open",
            ["for_auditors", "region_code", "due_on", "id"],
            unique=False,
            sqlite_where=sa.text(IS_OPEN),
            postgresql_where=sa.text(IS_OPEN),
        )
        batch_op.create_index(
            "ix_appeals_closed_region",
            ["region_code", "closed_at", "id"],
            unique=False,
            sqlite_where=sa.text(IS_CLOSED),
            postgresql_where=sa.text(IS_CLOSED),
        )
        batch_op.create_index(
            "ix_appeals_closed",
            ["closed_at", "id"],
            unique=False,
            sqlite_where=sa.text(IS_CLOSED),
            postgresql_where=sa.text(IS_CLOSED),
        )

    op.create_table(
        "appeal_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appeal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("is_from_sender", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_reply", sa.LargeBinary(), nullable=True),
        sa.Column("sent_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('word','answer','outcome','transfer','reopen','look')", name=op.f("ck_appeal_entries_kind")
        ),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_entries_appeal_id_appeals")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_appeal_entries_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_entries")),
        sa.UniqueConstraint("sent_key", name=op.f("uq_appeal_entries_sent_key")),
    )
    with op.batch_alter_table("appeal_entries", schema=None) as batch_op:
        batch_op.create_index("ix_appeal_entries_appeal", ["appeal_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeal_entries_user_id"), ["user_id"], unique=False)

    op.create_table(
        "appeal_pending_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appeal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_pending_notes_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_pending_notes")),
    )
    with op.batch_alter_table("appeal_pending_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeal_pending_notes_appeal_id"), ["appeal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeal_pending_notes_hour"), ["hour"], unique=False)

    op.create_table(
        "sealed_photos",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("appeal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_sealed_photos_appeal_id_appeals")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sealed_photos")),
    )
    with op.batch_alter_table("sealed_photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sealed_photos_appeal_id"), ["appeal_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sealed_photos", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealed_photos_appeal_id"))

    op.drop_table("sealed_photos")
    with op.batch_alter_table("appeal_pending_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeal_pending_notes_hour"))
        batch_op.drop_index(batch_op.f("ix_appeal_pending_notes_appeal_id"))

    op.drop_table("appeal_pending_notes")
    with op.batch_alter_table("appeal_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeal_entries_user_id"))
        batch_op.drop_index("ix_appeal_entries_appeal")

    op.drop_table("appeal_entries")
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_appeals_closed_region", sqlite_where=sa.text(IS_CLOSED), postgresql_where=sa.text(IS_CLOSED)
        )
        batch_op.drop_index("ix_appeals_closed", sqlite_where=sa.text(IS_CLOSED), postgresql_where=sa.text(IS_CLOSED))
        batch_op.drop_index("ix_appeals_unread", sqlite_where=sa.text(IS_UNREAD), postgresql_where=sa.text(IS_UNREAD))
        batch_op.drop_index("ix_appeals_open", sqlite_where=sa.text(IS_OPEN), postgresql_where=sa.text(IS_OPEN))
        batch_op.drop_index("ix_appeals_kept", sqlite_where=sa.text(IS_OVER), postgresql_where=sa.text(IS_OVER))
        batch_op.drop_index(batch_op.f("ix_appeals_assignee_id"))

    op.drop_table("appeals")
    op.drop_table("appeal_totals")
    op.drop_table("appeal_speeds")
