"""The sandbox: stand-ins for HighLevel and Zoho Invoice in one WSGI application.

The product never imports this package; it speaks to it over HTTP as to the vendors.
"""

from __future__ import annotations
