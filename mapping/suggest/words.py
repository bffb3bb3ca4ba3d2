"""What a field's name says: its words, in one form, and the meaning they have. Pure.

People and systems name one thing in many ways: `postalCode`, "ZIP / Postcode", "PLZ".
A small lexicon brings them to one *subject* and its *qualifiers*: "Shipping ZIP" is the
subject postal, qualified by shipping. Whatever it does not know stays as words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

# A line is a subject and the ways it is called; several words are joined by "_".
# English first, then German, French, Spanish, Italian, Portuguese, Dutch, Polish.
_SUBJECTS = """
given: first_name firstname given_name forename fname vorname prenom nombre_de_pila nome voornaam imie christian_name
family: last_name lastname surname family_name lname nachname nom_de_famille apellido apellidos cognome sobrenome achternaam nazwisko
full_name: full_name fullname contact_name display_name complete_name nom_complet nombre_completo
salutation: salutation anrede civilite tratamiento title_prefix mr_mrs
email: email e_mail mail email_address e_mail_address emailadresse courriel correo correo_electronico posta_elettronica adres_email
phone: phone telephone tel phone_number telephone_number telefon telefonnummer telefono telefone telefoon numer_telefonu fon landline festnetz contact_number ph
mobile: mobile cell cellphone cell_phone mobile_phone mobile_number handy mobil mobiltelefon portable movil celular cellulare telemovel gsm komorka whatsapp_number
fax: fax telefax fax_number
street: street street_address address_line address1 address_1 address_line_1 addr address strasse anschrift adresse rue direccion calle indirizzo via endereco straat ulica
street2: street2 street_2 address2 address_2 address_line_2 addr2 suite apartment apt unit adresszusatz complement
city: city town locality ort stadt ville ciudad citta cidade stad plaats miasto municipality suburb
region: state province region county bundesland departement provincia estado kanton prefecture wojewodztwo
postal: postal zip zip_code zipcode postal_code postalcode postcode post_code plz postleitzahl code_postal codigo_postal cap cep kod_pocztowy pincode
country: country country_code land nation pays pais paese kraj
company: company company_name organization organisation organization_name business_name business employer firma unternehmen societe entreprise empresa azienda bedrijf account_name
website: website web web_site homepage url site web_address webseite site_web sitio_web sito strona
birth: birth birthday birthdate birth_date date_of_birth dob geburtstag geburtsdatum date_de_naissance fecha_de_nacimiento data_di_nascita geboortedatum data_urodzenia bday
job: job job_title jobtitle position role_title designation occupation funktion berufsbezeichnung poste cargo puesto ruolo functie stanowisko
department: department dept abteilung service_department departamento reparto afdeling dzial division
notes: notes note remarks remark comments comment bemerkung bemerkungen notizen notiz remarques observaciones notas annotazioni opmerkingen uwagi description memo
tags: tags tag labels label schlagworte etiquettes etiquetas etichette
language: language language_code locale sprache langue idioma lingua taal jezyk preferred_language
currency: currency currency_code waehrung devise moneda valuta waluta
timezone: timezone time_zone tz zeitzone fuseau_horaire zona_horaria tijdzone
source: source lead_source origin quelle herkunft origine origen bron zrodlo referral_source how_did_you_hear how_did_you_hear_about_us
owner: owner assigned assigned_to account_manager responsible salesperson sales_rep betreuer ansprechpartner zustaendig responsable
status: status stage state_of_affairs zustand statut estado_actual stan
kind: type kind category typ art categorie categoria kategorie soort rodzaj segment class
tax_id: vat vat_id vat_number vat_no tax_id taxid tax_number ust_id ustid ust_idnr u_st_id_nr umsatzsteuer_id tva numero_tva partita_iva nif cif gst gstin abn ein nip btw btw_nummer
iban: iban bank_account account_number kontonummer
customer_number: customer_number customer_no customer_id client_number client_id client_no kundennummer kunden_nr kundennr numero_client numero_de_cliente account_no member_number member_id membership_number membership_no mitgliedsnummer
payment_terms: payment_terms terms zahlungsziel zahlungsbedingungen conditions_de_paiement condiciones_de_pago net_terms
credit_limit: credit_limit kreditlimit limite_de_credit
discount: discount rabatt remise descuento sconto korting rebate
budget: budget
revenue: revenue turnover umsatz chiffre_affaires annual_revenue ingresos fatturato
employees: employees headcount number_of_employees no_of_employees staff mitarbeiter mitarbeiterzahl company_size effectif empleados
industry: industry branche sector secteur settore branza line_of_business
gender: gender sex geschlecht sexe genero sesso
linkedin: linkedin linked_in linked_in_profile linked_in_url linkedin_url linkedin_profile
facebook: facebook facebook_url fb
twitter: twitter twitter_handle x_twitter
instagram: instagram insta instagram_handle
skype: skype skype_id
newsletter: newsletter newsletter_opt_in marketing_consent marketing_opt_in opt_in subscribed einwilligung consent gdpr_consent
dnd: dnd do_not_disturb do_not_contact do_not_call opt_out
renewal: renewal renewal_date verlaengerung renews_on contract_renewal
start: start_date started begin_date beginn customer_since client_since kunde_seit member_since join_date joined onboarding_date
end: end_date expiry expiry_date expires expiration expiration_date ende vertragsende contract_end ablaufdatum
created: created created_at created_time date_added added_on created_on date_created erstellt
updated: updated updated_at modified last_modified geaendert
amount: amount total betrag montant importe
price: price preis prix precio fee
plan: plan package tier subscription tarif paket abo membership_level membership_type
quantity: quantity qty anzahl menge quantite cantidad
appointment: appointment appointment_date termin
balance: balance outstanding outstanding_amount open_amount saldo
"""
# What tells apart fields of one subject. A line is a qualifier and its words.
_QUALIFIERS = """
billing: billing bill accounting accounts_payable ap finance buchhaltung invoice invoicing rechnung rechnungs facturation facturacion fatturazione bill_to
shipping: shipping delivery ship_to lieferung liefer livraison envio spedizione levering
home: home private privat personal
work: work office business_line dienstlich buero bureau geschaeftlich
second: second secondary alternate alternative other additional backup 2 two zweite
third: third 3 three
emergency: emergency notfall urgence
partner: spouse partner husband wife ehepartner conjoint
assistant: assistant sekretariat secretary
parent: parent guardian mother father
child: child kid pet
property: property site_address job_site objekt
last: last previous latest letzte dernier
next: next upcoming naechste prochain
"""
_EMPTY_WORDS = frozenset(
    [
        "the",
        "of",
        "a",
        "an",
        "for",
        "your",
        "our",
        "my",
        "is",
        "in",
        "at",
        "on",
        "to",
        "and",
        "or",
        "contact",
        "contacts",
        "customer",
        "client",
        "person",
        "people",
        "lead",
        "field",
        "value",
        "cf",
        "custom",
        "preferred",
        "internal",
        "date",
        "day",
        "due",
        "years",
        "kg",
        "cm",
        "lbs",
        "usd",
        "eur",
        "gbp",
        "approx",
        "kunde",
        "kunden",
        "kontakt",
        "der",
        "die",
        "das",
        "des",
        "de",
        "du",
        "la",
        "le",
        "el",
        "il",
        "zu",
        "zur",
        "please",
        "select",
        "enter",
        "choose",
        "info",
        "information",
        "details",
        "data",
    ]
)
# subjects that are a part of what is named rather than of what it is told apart by
_GENERAL = frozenset({"street", "full_name", "kind", "status", "notes"})
_SHORT_FORMS = {
    "acct": "account",
    "mgr": "manager",
    "nr": "no",
    "num": "no",
    "number": "no",
    "amt": "amount",
    "desc": "description",
    "cust": "customer",
    "pref": "preferred",
    "reg": "registration",
    "ref": "reference",
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[^a-z0-9]+")
_PREFIXES = ("customFields.", "custom_fields.cf_", "custom_fields.")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
LONGEST = 6  # words of the longest phrase of the lexicon


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name comes to. `words` are all that the lexicon does not explain."""

    subject: str = ""
    called: str = ""  # the words of the name that told the subject
    qualifiers: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a label or a key, in lower case without accents."""
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    text = _CAMEL.sub(" ", text).lower().translate(_UMLAUTS)
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(_SHORT_FORMS.get(w, w) for w in _BETWEEN.split(plain) if w)


@lru_cache(maxsize=4096)
def meaning_of(text: str) -> Meaning:
    """Return what a label or a key means."""
    words = words_of(text)
    subjects, qualifiers, rest = [], [], []
    place = 0
    while place < len(words):
        length, found = _longest(words, place)
        if found is None:
            rest.append(words[place])
        elif found in _QUALIFIER_NAMES:
            qualifiers.append(found)
        else:
            subjects.append((found, " ".join(words[place : place + length])))
        place += length
    # of several the last is the thing itself: "company phone", "phone of the company"
    subject, called = subjects[-1] if subjects else ("", "")
    qualifiers += [
        name for name, _ in subjects[:-1] if name not in {subject, *_GENERAL}
    ]
    return Meaning(
        subject,
        called,
        frozenset(qualifiers),
        tuple(word for word in rest if word not in _EMPTY_WORDS),
    )


def _longest(words: tuple[str, ...], place: int) -> tuple[int, str | None]:
    """Return how many words from a place on the lexicon knows as one, and as what."""
    for length in range(min(LONGEST, len(words) - place), 0, -1):
        found = _LEXICON.get("_".join(words[place : place + length]))
        if found is not None:
            return length, found
    return 1, _mistyped(words[place])


@lru_cache(maxsize=4096)
def _mistyped(word: str) -> str | None:
    """Return what the lexicon knows of a word that is one letter off."""
    if len(word) < 6 or word in _EMPTY_WORDS:
        return None
    near = extractOne(word, _LONG_WORDS, scorer=OSA.distance, score_cutoff=1)
    return _LEXICON[near[0]] if near else None


def _read(table: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in table.strip().splitlines():
        name, _, ways = line.partition(":")
        for way in (name, *ways.split()):
            words = (_SHORT_FORMS.get(word, word) for word in way.split("_"))
            found.setdefault("_".join(words), name)
    return found


_QUALIFIER_WORDS = _read(_QUALIFIERS)
_QUALIFIER_NAMES = frozenset(_QUALIFIER_WORDS.values())
_LEXICON = {**_QUALIFIER_WORDS, **_read(_SUBJECTS)}
_LONG_WORDS = tuple(way for way in _LEXICON if len(way) >= 6 and "_" not in way)
