"""Words by which a report for people is known, in the languages that mail systems speak: data, in lower case.

For recognising only. What the words *mean* for an address is the business of the rule packs.
"""

import re

#: In a subject: this is about mail that was not delivered.
FAILURE_SUBJECTS = (
    # English
    "undeliver", "delivery status notification", "delivery failure", "delivery failed", "delivery has failed", "delivery report",
    "delivery problem", "delivery error", "failure notice", "failed delivery", "failed mail", "mail delivery failed",
    "mail failure", "message delivery failure", "returned mail", "returned to sender", "return to sender", "non-delivery",
    "nondeliverable", "non delivery", "not delivered", "could not be delivered", "couldn't be delivered", "mail system error",
    "mail delivery system", "mail could not", "message not sent", "rejected mail", "message blocked", "bounced",
    "delivery notification",
    "unable to deliver", "mail error", "error sending", "permanent error", "user unknown", "unknown user",
    "delayed mail", "delivery delay", "still being retried", "delayed (still", "message delayed", "warning: could not send",
    "warning: message",
    # German
    "unzustellbar", "nicht zustellbar", "zustellung fehlgeschlagen", "nicht zugestellt", "zustellungsfehler",
    "übermittlungsfehler",
    "fehler bei der zustellung", "unzustellbarkeit",
    # French
    "non remis", "échec de la remise", "echec de la remise", "non distribu", "retour à l'expéditeur", "échec de remise",
    "non délivr", "n'a pas pu être",
    # Spanish, Portuguese, Italian
    "no se puede entregar", "no entregado", "no se ha podido entregar", "devuelto", "error de entrega", "fallo en la entrega",
    "não entregue", "não foi possível", "devolvid", "falha na entrega", "falha de entrega", "não pode ser entregue",
    "mancato recapito", "non recapitabile", "consegna non riuscita", "impossibile recapitare", "impossibile consegnare",
    # Dutch
    "onbestelbaar", "niet bezorgd", "kan niet worden bezorgd", "niet afgeleverd", "bezorging mislukt",
    # Russian
    "недоставлен", "не доставлен", "не может быть доставлен", "возврат почты", "ошибка доставки",
    # Japanese, Chinese, Korean
    "配信不能", "配信できません", "配送できません", "届けられません", "送信できませんでした", "エラーメール",
    "未配信", "配信エラー", "送信エラー",
    "退信", "退回", "无法投递", "無法投遞", "未送达", "发送失败", "投递失败", "전송 실패", "배달 실패", "반송",
)  # fmt: skip

#: In the text: this message, or mail to an address, was not delivered.
FAILURE_PHRASES = (
    *FAILURE_SUBJECTS,
    # English
    "could not deliver", "couldn't deliver", "was not delivered", "not be delivered", "cannot be delivered", "can't be delivered",
    "failed permanently",
    "failed to deliver", "unable to send", "could not send", "did not reach", "could not be reached", "couldn't be reached",
    "permanent fatal error", "has been rejected", "was rejected",
    "rejected your message", "undeliverable", "returned by the server", "does not exist", "doesn't exist", "no such user",
    "mailbox unavailable", "mailbox is full", "over quota",
    "delivery to the following", "permanently rejected", "not accepted", "user unknown", "unknown recipient", "address not found",
    "mailbox not found", "giving up", "not found in", "refused to accept", "mail loop",
    # German
    "konnte nicht zugestellt", "nicht zugestellt werden", "konnten nicht zugestellt", "existiert nicht", "unbekannter empfänger",
    "empfänger unbekannt", "postfach ist voll", "wurde abgelehnt", "wurde abgewiesen",
    # French
    "n'a pas pu être remis", "n'a pas été remis", "n'a pas pu être délivr", "n'a pas pu être distribu", "n'existe pas",
    "destinataire inconnu",
    "boîte pleine", "boite aux lettres pleine", "a été rejeté", "a été refusé",
    # Spanish, Portuguese, Italian
    "no se pudo entregar", "no ha podido ser entregado", "no pudo ser entregado", "no existe", "destinatario desconocido",
    "buzón lleno", "ha sido rechazado",
    "não pôde ser entregue", "não foi entregue", "não existe", "destinatário desconhecido", "caixa cheia", "foi rejeitad",
    "non può essere consegnato", "non è stato possibile consegnare", "non è stato recapitato", "non esiste",
    "destinatario sconosciuto",
    "casella piena", "è stato rifiutato", "è stato respinto",
    # Dutch
    "kon niet worden", "kan niet worden afgeleverd", "bestaat niet", "onbekende gebruiker", "mailbox is vol", "is geweigerd",
    # Russian
    "не удалось доставить", "не было доставлено", "не может быть доставлено", "не существует", "переполнен",
    "пользователь не найден", "отклонено",
    # Japanese, Chinese
    "配信できませんでした", "届けることができません", "送信できません", "存在しません", "見つかりません", "不明なユーザー",
    "受信拒否", "容量オーバー", "宛先不明",
    "不存在", "邮箱已满", "郵箱已滿", "被拒绝", "拒收", "找不到", "用户不存在",
)  # fmt: skip

#: Where these stand and no failure is said to be final, the mail is only late.
DELAY_PHRASES = (
    "delayed", "not yet been delivered", "not yet delivered", "will be retried", "will continue to", "will keep trying",
    "still trying",
    "still in the queue", "do not need to resend", "don't need to resend", "not need to resend", "temporarily unable",
    "warning message only", "this is a warning",
    "will try again", "delivery attempts will",
    "verzögert", "noch nicht zugestellt", "retardé", "sera retenté", "retrasado", "se volverá a intentar", "atrasad", "ritardo",
    "vertraagd",
    "задерж", "再送", "遅延", "延迟", "延遲",
)  # fmt: skip

#: Where these stand, the mail is not late but lost, whatever else is said.
FINAL_PHRASES = (
    "gave up", "giving up", "given up", "permanent", "will not be retried", "no further attempts", "has been returned",
    "undeliverable", "failed after", "expired",
)  # fmt: skip

#: Local parts that belong to mail systems and help desks: never the recipient that failed, unless the returned mail went there.
SYSTEM_LOCAL_PARTS = frozenset({
    "postmaster", "mailer-daemon", "mailerdaemon", "abuse", "support", "helpdesk", "noreply", "no-reply", "hostmaster", "root",
    "administrator", "webmaster", "double-bounce", "bounce", "bounces", "info-postmaster", "postmasters",
})  # fmt: skip


def one_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Compile *phrases* to one pattern that finds any of them."""
    return re.compile("|".join(sorted(map(re.escape, phrases), key=len, reverse=True)))
