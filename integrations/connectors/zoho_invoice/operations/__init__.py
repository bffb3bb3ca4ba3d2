"""Zoho Invoice's operations, one module an object."""
