"""Comments: a customer's are listed; invoices, estimates and customers get new ones."""

from __future__ import annotations

from integrations.connectors.operations import Call, Input, Operation, Output, path_id
from integrations.connectors.zoho_invoice.children import COMMENT
from integrations.connectors.zoho_invoice.operations.contacts import CUSTOMER_ID, READ

OUTPUTS = (
    Output("comment_id", "Comment ID"),
    Output("description", "Text"),
    Output("commented_by", "Author"),
    Output("date", "Day"),
    Output("time", "Time"),
    Output("operation_type", "History"),
)
SAMPLE = {
    "comment_id": "460000000026061",
    "description": "Called about the offer.",
    "commented_by": "Ada Sample",
    "date": "2026-02-03",
    "time": "10:00 AM",
    "operation_type": "",
}

OPERATIONS = (
    Operation(
        "zi.list_comments",
        80,
        "search",
        COMMENT,
        "List a customer’s comments",
        "Lists the comments of a customer with the history that Zoho Invoice writes "
        "among them.",
        OUTPUTS,
        (CUSTOMER_ID,),
        Call(
            "GET",
            "/contacts/{contact_id}/comments",
            "list comments",
            "contact_comments",
        ),
        scopes=(READ,),
        sample=SAMPLE,
        noun="customer",
    ),
    Operation(
        "zi.add_comment",
        87,
        "action",
        COMMENT,
        "Add comment to an invoice or estimate",
        "Adds a comment to an invoice or an estimate. It can be deleted there, and not "
        "be changed.",
        (
            Output("comment_id", "Comment ID"),
            Output("description", "Text"),
            Output("commented_by", "Author"),
            Output("date", "Day"),
        ),
        (
            Input(
                "document",
                "What it belongs to",
                "choice",
                "path",
                required=True,
                choices=(("invoices", "An invoice"), ("estimates", "An estimate")),
            ),
            path_id("document_id", "Invoice or estimate ID", "invoice"),
            Input("description", "Text", "long_text", required=True, max_length=2000),
        ),
        Call("POST", "/{document}/{document_id}/comments", "add comment", "comment"),
        scopes=("ZohoInvoice.invoices.CREATE", "ZohoInvoice.estimates.CREATE"),
        is_idempotent=False,
        sample={key: SAMPLE[key] for key in ("comment_id", "description", "date")}
        | {"commented_by": "Ada Sample"},
        noun="document",
    ),
)
