"""Words that collect money, in three languages. Help here is free: who needs money is sent elsewhere."""

import re

from accelerator.screening.folding import Span
from accelerator.screening.keyboards import on_any_keyboard

UP_TO_3 = r"(?:[\w\-]{1,20}+[\s,]{1,3}){0,3}?"
UP_TO_4 = r"(?:[\w\-]{1,20}+[\s,]{1,3}){0,4}?"
UP_TO_2 = r"(?:[\w\-]{1,20}+[\s,]{1,3}){0,2}?"

RU_MONEY = (
    r"(?:деньг\w{0,3}|денег|денежк\w{0,3}|средств\w{0,3}|сумм[уыае]|тенге|тг|рубл\w{0,3}|финанс\w{0,4}"
    r"|копе(?:йк|ечк)\w{0,3})"
)
RU_SEND = (
    r"(?:перевед\w{1,4}|перевест[иь]|перевод\w{0,4}|перечисл\w{1,6}|скин\w{1,6}|скид\w{1,7}|закин\w{1,5}|отправ\w{1,6}"
    r"|пришл\w{1,4}|присыла\w{1,4}|кид(?:айте|ать)|кинь?те|бросьте|положите)"
)
RU_CARE = r"на\s(?:лечение|операцию|лекарств\w|ремонт|похорон\w|еду)"
RU_BANK = (
    r"(?:каспи|kaspi|halyk|хал[ыи]к|народн\w{2,3}|сбер\w{0,5}|банк\w{0,3}|jusan|жусан|forte|форте|bcc|фридом|freedom"
    r"|мам[ыеу]|дочер\w{0,2}|сын[ау]|бабушк\w)"
)
RUSSIAN = (
    rf"(?:помо(?:гите|чь|жем|гаем|гать|щь|гла|ги|г)|поддерж\w{{1,6}})\s{UP_TO_4}"
    r"(?:деньгами|деньгой|финансами|рублем|тенге|копе(?:еч|й)кой|материально|финансово|денежно|монетой)",
    r"(?:финансов|материальн|денежн)\w{2}\s(?:помощ\w{1,3}|поддержк\w{1,3})",
    r"денежн\w{2,3}\s(?:перевод\w{0,3}|средств\w{0,3}|сбор\w{0,3}|взнос\w{0,3}|пожертвован\w{1,3})",
    rf"{RU_SEND}\s{UP_TO_3}(?:{RU_MONEY}|на\s(?:карт\w{{1,3}}|счет|каспи\w{{0,2}}|kaspi|номер карт\w{{1,2}}))",
    rf"{RU_SEND}\s{UP_TO_2}по\s(?:этому\s|моему\s|ее\s|его\s)?номеру",
    r"скин(?:емся|уться|ьтесь|утся|имся|улись)|скидываемся|скидыва(?:ться|йтесь)|вскладчину",
    rf"на\sкарт[уе]\s{RU_BANK}",
    r"номер[ау]?\s(?:банковск\w{2,3}\s)?(?:карт\w{1,2}|счет\w{0,2}|каспи|kaspi)",
    r"(?:на|по)\s(?:банковск\w{2,3}|расчетн\w{2,3})\s(?:счет\w{0,2}|карт\w{1,2})",
    r"kaspi\w{0,5}|каспи(?!й)(?!ан)\w{0,4}",
    r"(?<!театральные )(?<!сценические )реквизит(?:ы|ам|ами|ах|ов|тер\w{0,4})(?!\s(?:для|к)\s(?:спектакл|сцен))",
    rf"сбор\w{{0,2}}\s{UP_TO_2}(?:{RU_MONEY}|донат\w{{0,3}}|пожертвован\w{{1,3}}|{RU_CARE})",
    rf"(?:собер\w{{1,3}}|собр(?:ать|али|аны|ано)|собира\w{{1,5}})\s{UP_TO_3}(?:{RU_MONEY}|{RU_CARE})",
    r"пожертвован\w{1,3}(?!\s(?:вещ|одежд|книг|продукт|игруш|крови))",
    rf"пожертв(?:овать|уйте|уем)\s{UP_TO_2}{RU_MONEY}",
    r"донат(?:ы|ов|ом|ами|ить|ьте|им|ят|а|у)?",
    r"люб(?:ая|ую|ой)\s(?:сумм\w|копеечк\w|денежк\w)|кто сколько может|сколько не жалко|с миру по нитке",
    rf"(?:нужн[аыо]?|необходим[аыо]|не\sхватает)\s{UP_TO_2}"
    r"(?:деньг\w|денег|средства|сумма|тенге|\d[\d\s]{0,10}(?:тенге|тг|₸|руб\w{0,3}))",
    r"(?:дайте|дать|занять|займите|одолж\w{2,4}|взять|прошу)\s(?:[\w\-]{1,15}\s){0,2}?(?:в долг|взаймы|денег|деньги)",
    r"(?:погасить|закрыть|оплатить)\s(?:[\w\-]{1,15}\s){0,2}?(?:кредит\w{0,2}|долг\w{0,2}|ипотек\w|займ\w{0,2})",
    rf"{RU_MONEY}\s{RU_CARE}|краудфандинг\w{{0,3}}",
    r"благотворительн\w{2,3}\s(?:счет\w{0,2}|взнос\w{0,3}|перевод\w{0,2})",
    r"(?:киви|qiwi)(?:[\s\-]?кошел\w{2,4})?|юмани|yoomoney|золотая корона",
)

KK_MONEY = r"(?:ақша\w{0,6}|қаражат\w{0,5}|қаржы\w{0,6}|теңге\w{0,4})"
KK_SEND = (
    r"(?:жина\w{1,10}|аудар\w{0,10}|жібер\w{0,8}|сал(?:ы[ңп]\w{0,5}|саңыз\w{0,3})|бер(?:іңіз|сеңіз)\w{0,3}|керек|қажет"
    r"|сұра\w{1,6})"
)
KAZAKH = (
    rf"{KK_MONEY}\s(?:[\w\-]{{1,15}}\s)?{KK_SEND}",
    r"(?:ақшалай|қаржылай|материалдық)\s(?:көмек|көмег|жәрдем|қолда|демеу)\w{0,14}",
    rf"(?:көмек|көмег|жәрдем|қолда)\w{{0,14}}\s{UP_TO_2}(?:ақшалай|қаржылай)",
    r"(?:нөмір|номер)(?:ге|іне|ім\w{1,3})\s(?:[\w\-]{1,15}\s)?(?:аудар|ақша|сал)\w{0,8}",
    r"қайырымдылық\w{0,3}\s(?:жина|аудар)\w{0,8}",
    r"(?:карт(?:а|очка)(?:ға|сына|ма|мызға|ңызға)|шот(?:қа|ына)|есепшот(?:қа|ына))\s(?:[\w\-]{1,15}\s){0,2}?"
    r"(?:аудар\w{0,8}|жібер\w{0,8}|сал\w{0,8}|түсір\w{0,8})",
    r"(?:карта|шот|есепшот|каспи)\s?нөмірі\w{0,4}|банк деректемелер\w{1,5}|деректемелерге",
    r"жылу жина\w{1,8}|садақа\s(?:жина|бер|аудар|сал)\w{1,8}|шама(?:ңыз)? келгенше (?:ақша|аудар|көмектес)\w{0,8}",
    r"қарызға\s(?:ақша|бер)\w{0,8}|(?:кредит|несие|қарыз)\w{0,5}\s(?:жабу|төлеу)ге",
)

EN_THINGS = r"(?:blood|clothes|clothing|books?|food|toys?|time|things|items|coats?|furniture|goods)"
EN_GIVE = (
    r"(?:transfer|send|sending|wire|give|lend|collect|collecting|raise|raising|needs?|chip\sin|help\s(?:us\s)?with"
    r"|spare)"
)
ENGLISH = (
    r"(?<!blood )(?<!book )(?<!food )(?<!clothes )(?<!toy )(?<!clothing )donat(?:e|es|ing|ion|ions)"
    rf"(?!\s(?:of\s)?(?:(?:your|their|my|our|some|old|warm|used)\s)?{EN_THINGS})"
    r"(?!s?\s(?:center|centre|drive|box|point|sort))",
    rf"{EN_GIVE}\s{UP_TO_3}(?:money|cash|funds|tenge|kzt|dollars)",
    rf"(?:transfers?|send|wire|pay|payments?)\s{UP_TO_3}(?:to|on|onto)\s"
    r"(?:(?:my|our|the|a|her|his|this|bank|debit)\s){0,3}(?:card|account|kaspi|iban)",
    rf"(?:help|support|assist)(?:s|ing)?\s{UP_TO_4}financially",
    r"fund-?rais\w{2,4}|crowd-?fund\w{2,4}|gofundme|paypal|venmo|cash\s?app|zelle|western union|moneygram|patreon",
    r"boosty|usdt|bitcoin",
    r"(?:financial|monetary|cash)\s(?:help|support|aid|assistance|contributions?|gifts?|donations?)",
    r"(?:bank|card|account)\s(?:details|number)|requisites|money\s(?:transfers?|(?:is\s)?needed|wanted)",
    r"(?:any|every)\s(?:amount|sum|tenge|dollar)\s(?:helps|counts|will help|of money)|every\spenny",
)
COLLECTING = re.compile(rf"(?<![\w\-])(?:{'|'.join((*RUSSIAN, *map(on_any_keyboard, KAZAKH), *ENGLISH))})(?!\w)")

#: Said of money that is not asked for, in the same clause.
CLAUSE = re.compile(r"[.!?;:,\n—–()]")
DENIED_BEFORE = re.compile(
    r"(?<!\w)(?:не|нет|ни|без|никогда|никому|нельзя|вместо|no|not|never|don['’]?t|do\snot|without|instead\sof|nobody"
    r"|isn['’]?t|cannot|can['’]?t)(?!\w)(?!\s(?:хватает|только|only|just))"
)
DENIED_AFTER = re.compile(
    r"(?<!\w)(?:не\s(?:нужн|надо|треб|прос|собира|приним|бер)\w*|емес\w*|жоқ\w*|not\s(?:needed|accepted|wanted|asked)"
    r"|(?:is|are)n['’]t)"
)
#: A Kazakh verb denies inside of itself: жинамаймыз, аудармаңыз, сұралмайды.
DENIED_INSIDE = re.compile(
    on_any_keyboard(r"(?:жина|аудар|жібер|сал|бер|сұра)(?:л|ы[лн]|і[лн])?(?:м[аеы]|ба|бе|па|пе)(?![қк])")
)
REACH = 30


def find_money(words: str) -> list[Span]:
    """Collecting wording in a folded text, without what says that nothing is collected."""
    return [match.span() for match in COLLECTING.finditer(words) if not _is_denied(words, match)]


def _is_denied(words: str, match: re.Match[str]) -> bool:
    before = CLAUSE.split(words[max(match.start() - REACH, 0) : match.start()])[-1]
    after = CLAUSE.split(words[match.end() : match.end() + REACH])[0]
    return bool(DENIED_BEFORE.search(before) or DENIED_AFTER.search(after) or DENIED_INSIDE.search(match.group()))
