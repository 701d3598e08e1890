"""The words over the columns of banks beyond western Europe and the Americas: Cyrillic, Greek, Turkish, Chinese, Japanese, Korean, Hebrew,
Arabic, Thai, Vietnamese, Malay, and the Latin ones of eastern Europe.

In folded form and in groups as in `parsers.delimited.words`, which adds them to its own.
"""

from __future__ import annotations

ROLES: dict[str, tuple[str, ...]] = {
    "value_date": ("""дата валютирования, дата валютування, вальор, дата вальор, датум валуте, ημερομηνια αξιας, ημ νια αξιας, αξια,
        βαλερ, valor tarihi, 起息日, 起息日期, 計息日, 起算日, תאריך ערך, יום ערך, تاريخ القيمة, تاريخ الحق, تاريخ الاستحقاق, datum
        valute, ertek nap, ertek datum, data valutei, ngay hieu luc, tanggal valuta, tanggal efektif, verdimaks""",),
    "date": (
        """дата операции, дата проведения, дата проводки, дата проведення, дата операціі, дата транзакции, дата
        осчетоводяване, дата на осчетоводяване, датум књижења, ημερομηνια καταχωρησης, ημερομηνια καταχωρισης,
        ημερομηνια κινησης, 记账日期, 记账日, 入账日期, 账务日期, 記帳日期, 記帳日, 入帳日期, 計上日, 勘定日, تاريخ القيد, datum knjizenja, konyveles
        datum, tanggal posting, ngay hach toan""",
        """дата, дата и время, дата платежа, дата транзакціі, дата на транзакция, дата на операция, дата зачисления, дата
        та час операціі, дата i час операціі, дата і час операціі, датум, датум трансакције, ημερομηνια, ημ νια,
        ημερομηνια συναλλαγης, tarih saat, 交易日期, 交易时间, 交易時間, 交易日, 日期, 交易创建时间, 日付, 取引日, 取引日付, お取引日, 年月日, 操作日, 거래일시,
        거래일자, 거래일, 거래날짜, 일자, 날짜, תאריך, תאריך פעולה, תאריך עסקה, التاريخ, تاريخ العملية, تاريخ الحركة, تاريخ المعاملة,
        วันที่, วันที่ทํารายการ, ngay, ngay giao dich, tanggal, tanggal transaksi, tarikh, tarikh transaksi, datum
        transakcije, datum izvrsenja, tranzakcio datuma, tranzakcio ideje, datums, dagsetning, datum transakce, datum
        transakcie""",
    ),
    "credit": ("""кредит, приход, поступление, поступления, зачисление, зачислено, сумма по кредиту, сумма кредит, надходження,
        зараховано, постъпления, сума кредит, потражује, уплата, уплате, πιστωση, πιστωσεις, ποσο πιστωσης, καταθεση,
        alacak tutari, giris, giren, giren tutar, gelen, yatan, 收入, 收入金额, 收入金額, 贷方, 贷方金额, 贷方发生额, 贷方发生额 收入, 貸方, 貸方金額,
        存入, 存入金额, 存入金額, 转入金额, 存款, 存款金額, 入金, 入金額, 入金金額, お預入れ, お預け入れ, お預入金額, 預入金額, 預り金額, 預かり金額, お預り金額, お預かり金額, 受入金額, 입금,
        입금액, 입금금액, 맡기신금액, 맡기신 금액, 받으신금액, זכות, בזכות, סכום זכות, داين, الداين, مبلغ داين, ايداع, الايداع, ايداعات,
        ฝาก, ฝากเงิน, เงินฝาก, เงินเข้า, ghi co, phat sinh co, so tien ghi co, pemasukan, uplata, uplate, dobro, v
        dobro, potrazuje, jovairas, ienakosie, kredits, kreditas, kreedit""",),
    "debit": ("""дебет, расход, списание, списания, списано, сумма по дебету, сумма дебет, видатки, витрати, дебит, сума дебит,
        дугује, исплата, исплате, χρεωση, χρεωσεις, ποσο χρεωσης, αναληψη, borc tutari, cikis, cikan, cikan tutar,
        giden, cekilen, 支出, 支出金额, 支出金額, 借方, 借方金额, 借方发生额, 借方发生额 支取, 借方金額, 取出, 支取, 转出金额, 提款, 提款金額, 提出, 出金, 出金額, 出金金額,
        お引出し, お引き出し, お引出金額, 引出金額, お支払金額, 支払金額, 支払い金額, 払戻金額, 払出金額, 출금, 출금액, 출금금액, 찾으신금액, 찾으신 금액, 지급금액, חובה, בחובה,
        סכום חובה, مدين, المدين, مبلغ مدين, سحب, السحب, سحوبات, ถอน, ถอนเงิน, เงินออก, ghi no, phat sinh no, so tien
        ghi no, pengeluaran, isplata, isplate, breme, v breme, duguje, terheles, debets, debetas, deebet""",),
    "amount": (
        """сумма платежа, сумма в валюте счета, сума у валюті рахунку, сума в валюті рахунку, сума в валюті картки, 入出金,
        入出金額""",
        """сумма, сумма операции, сумма транзакции, сума, сума операціі, сума транзакціі, износ, ποσο, ποσο συναλλαγης,
        ποσο κινησης, 交易金额, 交易金額, 金额, 金額, 发生额, 發生額, 取引金額, 거래금액, 금액, סכום, סכום פעולה, סכום התנועה, זכות חובה, المبلغ,
        مبلغ, مبلغ العملية, قيمة العملية, จํานวนเงิน, so tien, so tien giao dich, jumlah, nominal, iznos, znesek,
        terheles jovairas, upphaeð""",
    ),
    "balance": ("""остаток, баланс, остаток на счете, остаток после операции, залишок, залишок після операціі, баланс після
        операціі, салдо, краино салдо, наличност, стање, салдо после, υπολοιπο, νεο υπολοιπο, λογιστικο υπολοιπο,
        προοδευτικο υπολοιπο, son bakiye, kalan bakiye, islem sonrasi bakiye, 余额, 账户余额, 本次余额, 结余, 交易后余额, 餘額, 結餘, 帳戶餘額,
        帳面餘額, 残高, 差引残高, 取引後残高, 現在 貸付 高, 잔액, 거래후잔액, 거래 후 잔액, 거래후 잔액, 통장잔액, יתרה, היתרה, יתרה בש ח, היתרה בש ח, الرصيد,
        رصيد, الرصيد بعد العملية, ยอดคงเหลือ, คงเหลือ, so du, so du cuoi, so du sau giao dich, saldo akhir, baki,
        stanje, novo stanje, zustatek, zustatek po operaci, zostatok, likutis, atlikums, jaak, staða""",),
    "direction": ("""дт кт, д к, дебет кредит, дебит кредит, приход расход, χ π, χρεωση πιστωση, προσημο, προσημο ποσου, προσημο
        συναλλαγης, borc alacak, b a, 借贷标志, 借贷, 借贷方向, 借貸, 借貸別, 收 支, 收支, 收支类型, 収支, 入払区分, 入出金区分, 입출금구분, 거래구분, 구분, זכות
        חובה, مدين داين, d k, terheles jovairas""",),
    "currency": (
        """валюта платежа, валюта счета, валюта рахунку""",
        """валюта, валюта операции, валута, валюта операціі, валюта на сметката, νομισμα, doviz cinsi, doviz kodu, para cinsi,
        币种, 币别, 货币, 幣別, 幣種, 貨幣, 通貨, 통화, מטבע, العملة, สกุลเงิน, loai tien, mata uang, valiuta, gjaldmidill,
        gjaldmiðill""",
    ),
    "payer_account": ("""счет контрагента, номер счета контрагента, рахунок контрагента, iban контрагента, сметка на контрагента, счет
        плательщика, λογαριασμος αντισυμβαλλομενου, karsi hesap, karsi hesap no, karsi iban, karsi taraf iban,
        gonderen iban, 对方账号, 对方帐号, 对方账户, 对方卡号, 對方帳號, 交易对手账号, 상대계좌번호, 상대 계좌번호, 상대계좌, tai khoan doi ung, racun
        primatelja platitelja, partner szamlaszam""",),
    "account": ("""номер счета, счет, расчетныи счет, рахунок, номер рахунку, міи рахунок, сметка, рачун, αριθμος λογαριασμου,
        λογαριασμος, hesap no, hesap numarasi, 账号, 帐号, 账户, 本方账号, 帳號, 帳戶, 口座番号, 계좌번호, חשבון, מספר חשבון, رقم الحساب,
        الحساب, เลขที่บัญชี, so tai khoan, no rekening, racun""",),
    "payer_name": (
        """контрагент, наименование контрагента, имя контрагента, корреспондент, назва контрагента, наименування
        контрагента, наредител получател, αντισυμβαλλομενος, ονομα αντισυμβαλλομενου, karsi taraf, karsi hesap adi,
        karsi taraf adi, 对方户名, 对方名称, 对方单位名称, 对方单位, 对方账户名称, 对方姓名, 交易对方, 交易对手, 交易对手名称, 對方戶名, 對方名稱, 相手先, 取引先, 보낸분 받는분,
        의뢰인 수취인, 상대예금주명, 상대계좌예금주명, ten doi ung, don vi thu huong don vi chuyen, naziv partnera, naziv primatelja
        platitelja, partner, partneris""",
        """плательщик, наименование плательщика, отправитель, платник, наредител, уплатилац, налогодавац, εντολεας, ονομα
        εντολεα, gonderen, gonderen adi, gonderen unvani, 付款人, 付款人名称, 付款方, 付款方名称, 付款人戶名, 振込依頼人, 振込依頼人名, 依頼人名, 의뢰인,
        보낸분, 입금자명, nguoi chuyen, pengirim, platitelj, platilac, platitor, ordonator, moketojas, maksatajs, megbizo""",
    ),
    "payee_name": ("""получатель, наименование получателя, отримувач, получател, прималац, δικαιουχος, alici, alici adi, alici
        unvani, 收款人, 收款人名称, 收款方, 收款方名称, 受取人, 受取人名, 받는분, 수취인, nguoi thu huong, penerima, primatelj, primalac,
        beneficiar, gavejas, sanemejs""",),
    "check_number": ("""支票号码, 支票號碼, 小切手番号, 수표번호, מספר שיק, رقم الشيك, cek no, номер чека""",),
    "customer_reference": ("""позив на број, позив на број одобрења, poziv na broj, poziv na broj odobrenja, sklic""",),
    "reference": ("""номер документа, no документа, номер документу, номер операции, номер операціі, номер транзакции, референс,
        референция, референца, αριθμος συναλλαγης, αριθμος αναφορας, κωδικος αναφορας, islem no, islem numarasi, fis
        no, referans, referans no, 交易流水号, 流水号, 交易流水, 核心流水号, 交易序号, 交易号, 交易单号, 凭证号, 交易編號, 交易序號, 照会番号, 取引番号, 明細番号, 거래번호,
        אסמכתא, אסמכתה, المرجع, رقم المرجع, الرقم المرجعي, رقم العملية, so tham chieu, so but toan, ma giao dich, no
        referensi, referinta, referenca, tilvisun""",),
    "type_code": ("""тип операции, вид операции, тип операціі, тип на операцията, τυπος συναλλαγης, ειδος κινησης, islem tipi,
        islem turu, islem, 交易类型, 业务类型, 交易种类, 交易類別, 取引区分, 거래종류, 거래유형, סוג פעולה, نوع العملية, نوع الحركة, tranzakcio
        tipusa, tipus""",),
    "status": ("""статус, состояние, κατασταση, durum, 交易状态, 状态, 当前状态, 狀態, 상태, סטטוס, الحالة, trang thai, stav, allapot""",),
}

TEXTS = """назначение платежа, назначение, описание, описание операции, основание, детали, детали операции, содержание
    операции, примечание, комментарии, призначення платежу, опис, опис операціі, деталі операціі, основание за
    плащане, пояснение, пояснения, сврха, сврха плаћања, сврха уплате, περιγραφη, περιγραφη συναλλαγης, περιγραφη
    κινησης, αιτιολογια, σχολια, λεπτομερειες, πληροφοριες, 摘要, 交易摘要, 摘要说明, 备注, 交易备注, 附言, 交易附言, 用途, 说明, 交易说明, 商品,
    商品说明, 備註, 說明, 交易說明, 摘要内容, 内容, 取引内容, お取引内容, お取り扱い内容, お取扱内容, 入出金先内容, 入出金内容, 取引名, 備考, メモ, 詳細1, 詳細2, 적요, 내용, 기재내용,
    거래내용, 거래내역, 거래기록사항, 메모, 비고, תיאור, תאור, תיאור התנועה, תיאור הפעולה, הפעולה, פרטים, הערות, الوصف, البيان, وصف
    العملية, التفاصيل, تفاصيل, تفاصيل العملية, الشرح, ملاحظات, รายการ, รายละเอียด, คําอธิบาย, หมายเหตุ, noi dung, noi
    dung giao dich, noi dung chi tiet, dien giai, mo ta, keterangan, uraian, uraian transaksi, butiran, catatan,
    svrha, svrha placanja, namen, namen placila, opis placanja, descriere, explicatii, mokejimo paskirtis, paskirtis,
    maksajuma merkis, informacija, skyring, textalykill, islem aciklamasi, megjegyzes, megnevezes"""
