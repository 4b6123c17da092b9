"""The spoken pair: a word and four digits that the helped person says to the volunteer, who types them in.

It is for those without a phone at hand. The words are easy to say and to hear; whoever types them may use any
keyboard: Kazakh letters count as their Russian neighbours, capitals, spaces and ё do not matter.
"""

KAZAKH = (
    "алма нан сүт шай қант бал су тау көл өзен бұлақ орман гүл жапырақ шөп бидай жүзім өрік алмұрт қарбыз қауын "
    "пияз сәбіз күн ай жұлдыз бұлт жаңбыр қар жел таң кеш көктем жаз күз қыс үй есік терезе үстел орындық кітап "
    "қалам дәптер сағат кілт қасық тостаған шәйнек кесе кілем көрпе жастық жылқы қой сиыр түйе мысық күшік "
    "балапан үйрек аққу қарлығаш көгершін бүркіт домбыра ән күй ойын доп арба көпір жол бақ ауыл дала тас қайың"
)
RUSSIAN = (
    "яблоко хлеб молоко чай сахар мёд вода гора озеро река родник лес цветок лист трава пшеница виноград груша "
    "арбуз дыня лук морковь солнце луна звезда облако дождь снег ветер утро вечер весна лето осень зима дом дверь "
    "окно стол стул книга ручка тетрадь часы ключ ложка чашка чайник ковёр одеяло подушка лошадь овца корова "
    "кошка щенок цыплёнок гусь утка лебедь ласточка голубь домбра песня игра мяч мост дорога сад поле камень "
    "берёза клён лодка"
)
ENGLISH = (
    "apple bread milk tea sugar honey water fire hill lake river spring forest flower leaf grass wheat grape pear "
    "melon onion carrot sun moon star cloud rain snow wind morning evening summer autumn winter house door window "
    "table chair book pencil clock key spoon cup kettle carpet blanket pillow horse sheep cow cat puppy chicken "
    "goose duck swan dove song game ball bridge road garden field stone birch maple boat"
)
WORDS = {"kk": tuple(KAZAKH.split()), "ru": tuple(RUSSIAN.split()), "en": tuple(ENGLISH.split())}
DIGITS = 4
#: Written with a Russian keyboard, or heard so.
SAME = str.maketrans("ёәғқңөұүһі", "еагкноуухи")


def make_pair(seed: bytes, language: str) -> str:
    """A pair in the person's language out of eight random bytes: ``алма 0417``."""
    words = WORDS[language]
    word = words[int.from_bytes(seed[:4], "big") % len(words)]
    return f"{word} {int.from_bytes(seed[4:8], 'big') % 10**DIGITS:0{DIGITS}d}"


def normalise_pair(text: str) -> str:
    """What counts of a pair that somebody typed: letters and digits, without capitals."""
    return "".join(c for c in text.casefold().translate(SAME) if c.isalnum())


def pair_of(requester_id: int, text: str) -> str:
    """What the keyed hash of a pair is made of (`vault.fingerprint("pair", …)`): a pair fits its person only."""
    return f"{requester_id}:{normalise_pair(text)}"
