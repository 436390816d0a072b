"""What auto-replies call themselves, by language: data, in lower case.

Subjects that mail products set by themselves (Exchange and Outlook, Gmail, Domino, GroupWise, Zimbra, Apple, web mail)
and what people commonly write in their place. For recognising only.
"""

#: How subjects begin. What people may begin a letter with as well stands among `PHRASES`.
SUBJECTS = (
    # English
    "out of office", "out-of-office", "ooo:", "automatic reply", "auto-reply", "auto reply", "autoreply", "auto response",
    "auto-response", "autoresponse", "automated reply", "automated response", "automatic response", "autoresponder",
    "vacation reply", "vacation message", "vacation notice", "away from my mail", "on vacation", "i am away", "i'm away",
    "away until", "away from the office", "on leave", "on holiday", "on annual leave", "annual leave",
    # German
    "abwesenheitsnotiz", "automatische antwort", "abwesend", "abwesenheit", "außer haus", "ausser haus", "abwesenheitsmeldung",
    "abwesenheitsassistent", "urlaubsmeldung", "im urlaub",
    # French
    "réponse automatique", "reponse automatique", "absence du bureau", "absent du bureau", "message d'absence", "en congé",
    "absence :", "absence:",
    # Spanish
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "fuera de oficina", "de vacaciones",
    # Italian
    "risposta automatica", "fuori sede", "fuori ufficio", "risponditore automatico", "assente dall'ufficio", "assenza dall'ufficio",
    # Dutch
    "automatisch antwoord", "afwezig", "niet aanwezig", "afwezigheidsbericht", "afwezigheidsassistent",
    # Portuguese
    "resposta automática", "resposta automatica", "ausência temporária", "ausente do escritório", "fora do escritório",
    "ausência do escritório", "em férias",
    # Scandinavian languages, Finnish
    "autosvar", "automatiskt svar", "automatisk svar", "frånvaro", "fravær", "ikke på kontoret", "automaattinen vastaus",
    "poissa",
    # Polish, Czech, Slovak, Hungarian, Romanian
    "automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź", "poza biurem", "nieobecność", "automatická odpověď",
    "mimo kancelář", "automatická odpoveď", "automatikus válasz", "házon kívül", "răspuns automat", "raspuns automat",
    # Russian, Ukrainian, Greek, Turkish
    "автоматический ответ", "автоответ", "автоматична відповідь", "нет на работе", "нет на месте", "в отпуске",
    "αυτόματη απάντηση", "εκτός γραφείου", "otomatik cevap",
    "otomatik yanıt", "ofis dışında",  # noqa: RUF001 the dotless letters are Turkish
    # Hebrew, Arabic
    "תשובה אוטומטית", "מענה אוטומטי", "رد تلقائي",
    # Japanese, Chinese, Korean
    "自動返信", "自動応答", "不在通知", "不在のお知らせ", "不在連絡", "不在:", "休暇", "自动回复", "自動回覆", "自动答复",
    "外出通知", "不在办公室", "자동 회신", "자동 응답", "자동회신", "부재중",
)  # fmt: skip

#: What stands within the first lines: only together with a field that says that a program answered.
PHRASES = (
    "out of the office", "out of office", "on vacation", "on annual leave", "on leave", "on holiday", "away from the office",
    "away from my desk", "currently away", "limited access to e", "no access to e", "will respond", "upon my return",
    "when i return", "maternity leave", "parental leave", "no longer with the company", "no longer works", "has left the company",
    "automatic reply", "automated reply", "automated response", "auto-reply", "automatically generated reply",
    "thank you for your e", "thank you for contacting", "thanks for contacting", "we have received your", "received your message",
    "nicht im büro", "im urlaub", "bin ich wieder", "nicht erreichbar", "abwesend", "ausser haus", "außer haus", "in elternzeit",
    "absent", "en congé", "de retour le", "à mon retour", "hors du bureau",
    "fuera de la oficina", "de vacaciones", "estaré de vuelta", "a mi regreso", "estaré ausente",
    "fuori ufficio", "fuori sede", "in ferie", "al mio rientro", "sono assente",
    "niet op kantoor", "afwezig", "op vakantie", "niet aanwezig", "ben ik weer",
    "de férias", "em férias", "fora do escritório", "ausente",
    "в отпуске", "нет на месте", "нет на работе", "отсутствую", "автоматический ответ",
    "不在", "休暇", "外出し", "自動返信", "自動的に", "休假", "出差", "不在办公室", "自动回复", "自動回覆", "부재중", "휴가",
)  # fmt: skip
