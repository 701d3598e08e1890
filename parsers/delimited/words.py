"""The words that banks put over their columns and into their status and direction cells, in the languages of western Europe and the Americas;
`parsers.delimited.more_words` has those of others.

Names are in folded form (`parsers.delimited.rows.fold`): no case, no accents, no punctuation. They are separated by commas; a `*`
at the end stands for anything behind. Of two groups of one role the first is surer (a booking date goes before a date).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from parsers.delimited import more_words
from parsers.delimited.rows import fold
from parsers.records import Status

_WESTERN: dict[str, tuple[str, ...]] = {
    "value_date": ("""value date, val date, value dt, value dat, date effective, valuta, valutadatum, valutadag, valuta datum, valuta date, wertstellung, wertstellungsdatum,
        wertstellung valuta, wert, date de valeur, date valeur, date val, fecha valor, fecha de valor, f valor, data valuta, data waluty,
        rentedatum, rente datum, interest date, rentedato, arvopaiva, data valor, data wartosci, erteknap""",),
    "date": (
        """booking date, posting date, posted date, post date, date posted, booked date, date booked, book date, process date, processed date,
        processing date, completed date, completion date, date completed, date completed utc, completed date utc, settled date, settlement date utc, posted, booked, booked at, posted transactions date, settlement date local,
        buchung, buchungstag, buchungsdatum, date operation, date de l operation, date op, date comptable, date de comptabilisation,
        date comptabilisation, fecha contable, fecha operacion, fecha de operacion, fecha oper, data contabile, data operazione,
        data registrazione, boekdatum, boekingsdatum, uitvoeringsdatum, date d execution, bokforingsdag, bokforingsdatum, bogforingsdato,
        bokforingsdato, bokfort, kirjauspaiva, data ksiegowania, data rozliczenia, datum zauctovani, datum provedeni, datum zauctovania, konyveles datuma""",
        """date, dates, transaction date, trans date, tran date, txn date, transactiondate, activity date, run date, entry date, effective date,
        payment date, date utc, operation date local, date time, datetime, timestamp, as of, as of date, settlement date, created, created at, created utc, statement created,
        started date, datum, tag, belegdatum, transaktionsdatum, transaktionsdag, transactiedatum, transactie datum, date transaction, jour,
        fecha, fecha movimiento, data, data operacji, data transakcji, data movimento, data mov, data lancamento, data tranzactiei, dato, dag, pvm,
        paivamaara, paivays, kuupaev, tarih, islem tarihi""",
    ),
    "credit": ("""credit, credits, credit amount, credit amt, amount credit, cr, cr amount, deposit, deposits, deposit amount, deposit amt,
        paid in, money in, in, receipts, lodgements, lodgement, credit in, haben, gutschrift, gutschriften, eingang, credito, creditos, abono, abonos,
        haber, ingreso, ingresos, entrate, accrediti, avere, inkomsten, kredit, insattning, insattningar, ind, inn, inn pa konto, uznania, uznanie,
        alacak""",),
    "debit": ("""debit, debits, debit amount, debit amt, amount debit, dr, dr amount, withdrawal, withdrawals, withdrawal amount,
        withdrawal amt, paid out, money out, out, payments, charges, soll, lastschrift, lastschriften, belastung, belastungen, ausgang, debito, debitos,
        cargo, cargos, debe, gasto, gastos, uscite, addebiti, dare, uitgaven, debet, uttag, ud, ut, ut fra konto, obciazenia, obciazenie, borc""",),
    "amount": (
        """amount, transaction amount, net amount, amount net, account amount, booking amount, total amount, amount total, total amount incl vat, tran amount, credit debit amount, debit credit amount, amt, betrag, umsatz,
        montant, montant operation, montant de l operation, importe, importo, importe movimiento, bedrag, bedrag bij af, belopp, belob, belop,
        kwota, kwota operacji, kwota transakcji, kwota transakcji waluta rachunku, summa, maara, quantia, montante, castka, objem, osszeg, suma, tutar,
        islem tutari""",
        "value, valor, valor r, total, mutatie, movement, mouvement",
    ),
    "balance": ("""balance, running balance, running bal, bal, account balance, account running balance, accountbalance, balance after,
        ledger balance, closing balance, ending balance, new balance, balance amount, saldo, saldo nach buchung, neuer saldo, kontostand,
        solde, saldo contable, saldo disponible, saldo final, disponible, saldo na trn, saldo na mutatie, saldo efter, bokfort saldo, saldo po operacji, saldo po transakcji,
        saldo r, saldo contabilistico, egyenleg, sold, bakiye""",),
    "direction": (
        """cr dr, dr cr, d c, c d, dc, cd, s h, debit credit, credit debit, debit or credit, credit or debit, debet credit, crdt dbit, sign,
        credit debit indicator, debit credit indicator, cr dr indicator, dr cr indicator, credit debit flag, af bij, bij af, soll haben, sens,
        plus minus, indicator, deebet kreedit d c""",
        "type, transaction type, transaction, details",
    ),
    "currency": ("""currency, currency code, ccy, curr, transaction currency, account currency, payment currency, posted currency, wahrung, waehrung,
        kontowahrung, devise, monnaie, divisa, moneda, moeda, munt, devies, whrg, wahr, valuta, valutakod, valuutta, waluta, valuta rekening,
        devise du compte, valuuta, mena, devizanem, doviz, para birimi""",),
    "payer_account": ("""counterparty account, counterparty account number, counterparty iban, counterparty, counter party account, contra account,
        partner iban, partner account, payee account number, payee iban, payer account, payer iban, beneficiary account, beneficiary iban,
        sender account, remitter account, opposing account, gegenkonto, gegenkonto iban, kontonummer iban, iban zahlungsbeteiligter,
        iban gegenkonto, tegenrekening, tegenrekening iban bban, rekening tegenpartij, rekeningnummer tegenpartij, compte tiers, compte partie adverse,
        compte contrepartie, cuenta contraparte, conto controparte, iban controparte, saajan tilinumero, tilinumero, numer konta, nr rachunku, na konto z konta,
        protiucet, cislo protiuctu, cislo uctu protiuctu, partner szamlaszama, saaja maksja konto""", "tegenpartij, contrepartie, protistrana"),
    "account": ("""account, account number, posted account, account no, account num, account id, account nr, account #, accountnum, acct, acct number, acct no,
        bank account, source account, own account, iban, iban bban, auftragskonto, iban auftragskonto, konto, kontonummer, iban kontoinhaber,
        compte, numero de compte, numero compte, n compte, cuenta, numero de cuenta, conto, rekening, rekeningnummer, numer rachunku karty,
        szamlaszam, kliendi konto""", "account name"),
    "payer_name": (
        """counterparty name, counterparty, tegenpartij, contrepartie, protistrana, counter party, counter party name, partner name, name zahlungsbeteiligter, gegenpartei, naam tegenpartij,
        naam tegenpartij bevat, naam van de tegenpartij, nom de la contrepartie, contrepartie nom, contraparte, controparte, saaja maksaja, nadawca odbiorca,
        odbiorca zleceniodawca, dane kontrahenta, kontrahent, nazev protiuctu, nazev uctu protiuctu, nazov protiuctu, nazev protistrany, partner neve, saaja maksja nimi, name gegenkonto""",
        """payer, payer name, debtor, debtor name, payor, payor name, payor payee, payee payer, remitter, remitter name, maksaja, maksajan nimi, zahlungspflichtiger,
        zahlungspflichtige r, ordenante, ordinante, nadawca""",
        """name, merchant, merchant name, customer name, beguenstigter zahlungspflichtiger, begunstigter zahlungspflichtiger, begunstigter auftraggeber,
        auftraggeber begunstigter, auftraggeber empfanger, auftraggeber, nom, tiers, nom du tiers, naam omschrijving, naam, namn, navn, nimi""",
        "sender, sender name, avsender, avsandare",
    ),
    "payee_name": (
        """payee, payee name, creditor, creditor name, beneficiary, beneficiary name, beguenstigter, begunstigter, zahlungsempfanger, zahlungsempfanger in, empfanger,
        beneficiario, saajan nimi, odbiorca""",
        "recipient, recipient name, receiver, receiver name, mottagare, mottaker",
    ),
    "check_number": ("""check number, check no, check num, check #, check, check or slip #, cheque number, cheque no, cheque #, cheque, chq no, chq ref number, chq ref no, ref no cheque no,
        chk number, serial number, serial, scheck, schecknummer, numero de cheque, numero cheque""",),
    "customer_reference": ("""customer reference, customer ref, client reference, your reference, payer reference, payment reference,
        end to end reference, end to end id, end to end, e2e id, eref, kundenreferenz, kundenreferenz end to end, betalingskenmerk,
        referencia cliente, viitenumero, viitenumber, viite, referenznummer, referens, ocr, kid, vs, variabilni symbol, variabilny symbol, num, doc num, doc no, document number""",),
    "reference": ("""bank reference, bank ref, transaction id, transaction reference, transaction ref, transaction number, transaction no,
        transaction #, transferwise id, trans id, txn id, trn id""", """reference number, reference no, reference id, reference, ref, ref no,
        ref number, verifikationsnummer, identificador, transaktions nr, transactienummer, zkb referenz, id, fitid, unique id, uuid, row, confirmation, confirmation number, referenz, referentie, transactiereferentie, referencia,
        riferimento, numero d operation, numero de mouvement, n de sequence, volgnummer, archivierungsnummer, arkistointitunnus, arhiveerimistunnus, buchungsreferenz, nr transakcji, id pohybu, id transakce, id operace,
        dekont no"""),
    "type_code": ("""type, code, transaction type, trans type, tran type, trn type, txn type, transaction code, tran code, bank code, bai code,
        buchungstext, umsatzart, umsatztyp, vorgang, transaktionstyp, type operation, type d operation, tipo, tipo de movimiento,
        tipo movimiento, tipo de operacion, mutatiesoort, type verrichting, type de transaction, rodzaj transakcji, typ transakcji, oznaceni operace""",),
    "status": ("status, transaction status, booking status, state, info, statut, estado, stato, tila",),
    "invoices": ("invoice number s, invoice numbers, invoice number, invoice no, invoice #, invoice, invoices",),
}

ROLES = {
    role: tuple(f"{one}, {other}" for one, other in zip_longest(groups, more_words.ROLES.get(role, ()), fillvalue=""))
    for role, groups in _WESTERN.items()
}

AMBIGUOUS_NAMES = frozenset({"valuta", "валута", "info", "type", "transaction type", "transaction", "details", "sign", "indicator", "in", "out", "value"})
"""Names that have one of these roles only where every cell says so: `Valuta` is a value date here and a currency there."""

TEXTS = f"""description, description*, transaction description, transaction details, transaction remarks, payment details, details, detail,
    original description, extended description, extended text, extended details, additional information, additional info, narrative, narration,
    particulars, memo, note, notes, notes and tags, remark, remarks, message, text, information, comment, comments, reference, payment reference, transaction ref1, transaction ref2, transaction ref3,
    transaction, bank description, full description, verwendungszweck*, buchungstext, beschreibung*, avisierungstext, betreff, zweck, bemerkung,
    vorgang verwendungszweck, libelle*, detail de l ecriture, informations complementaires, motif, label, concepto, descripcion, detalle,
    remittance information, remittance information unstructured, observaciones, mas datos, movimiento, descrizione*, causale, operazione, dettagli, buchungs details, notiz, selgitus, omschrijving*, mededeling, mededelingen, gestructureerde mededeling, vrije mededeling,
    communication, communications, details du mouvement, beskrivning, beskrivelse, tekst, forklaring, text mottagare, rubrik, meddelande, melding, viesti,
    selitys, otsikko, tytul*, opis*, szczegoly, historico, descricao*, lancamento, popis*, poznamka, zprava*, sprava*, informacia pre prijemcu, kozlemeny,
    detalii*, aciklama, {more_words.TEXTS}"""

_STATUSES: dict[Status, str] = {
    "booked": """posted, booked, completed, complete, cleared, settled, success, successful, executed, sent, finished, done, reconciled,
        processed, available, gebucht, umsatz gebucht, comptabilise, execute, contabilizado, ejecutado, eseguito, utford, ok, исполнен, исполнено, выполнено, проведено, успешно, 成功, 交易成功, 支付成功, 已入账, 완료, 정상""",
    "pending": """pending, processing, in process, in progress, hold, held, authorised, authorized, scheduled, uncleared, in transit,
        vorgemerkt, umsatz vorgemerkt, in bearbeitung, offen, en attente, pendiente, in sospeso, в обработке, ожидает, в ожидании, 处理中, 待入账, 대기""",
    "info": """reverted, declined, failed, cancelled, canceled, denied, void, voided, expired, rejected, refused, blocked, deleted, removed,
        abgelehnt, storniert, annule, rechazado, отклонено, отказ, отменено, 失败, 交易失败, 交易关闭, 취소""",
}
_IN = "c, cr, credit, crdt, h, haben, in, deposit, dslip, +, bij, kredit, credito, gutschrift, avere, abono, alacak, кредит, к, кт, приход, зачисление, пополнение, πιστωση, π, 贷, 贷方, 貸, 貸方, 收入, 收, 入金, 입금, זכות, دائن"
_OUT = "d, dr, debit, dbit, s, soll, out, withdrawal, check, -, af, debet, debito, lastschrift, dare, cargo, db, borc, дебет, дебит, д, дт, расход, списание, χρεωση, χ, 借, 借方, 支出, 支, 出金, 출금, חובה, مدين"


class Names(NamedTuple):
    """A group of column names: whole ones, and beginnings."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]

    def have(self, name: str) -> bool:
        """Whether the name belongs to the group."""
        return name in self.whole or name.startswith(self.beginnings)


@lru_cache(maxsize=64)
def names(words: str) -> Names:
    """The names in a comma-separated text."""
    listed = [word for piece in words.split(",") if (word := " ".join(piece.split()))]
    return Names(frozenset(word for word in listed if "*" not in word), tuple(word.rstrip("*") for word in listed if "*" in word))


@lru_cache(maxsize=1024)
def status_of(cell: str) -> Status | None:
    """What a status column says of its row; None for a word that is none."""
    return next((status for status, words in _STATUSES.items() if names(words).have(fold(cell))), None)


@lru_cache(maxsize=256)
def direction_of(cell: str) -> int:
    """1 for a word or a BAI code that puts money in, -1 for one that takes it out, 0 for any other; a code of a balance or a sum moves none."""
    word = cell.strip().lower()
    if len(word) == 3 and word.isdecimal():
        from parsers.bai import codes

        return codes.type_code(word).sign if codes.is_detail(word) else 0
    return 1 if names(_IN).have(word) else -1 if names(_OUT).have(word) else 0


def is_debit_word(cell: str) -> bool:
    """Whether a type says by itself that money goes out; a check may be one that was paid in."""
    return direction_of(cell) < 0 and cell.lower() != "check"
