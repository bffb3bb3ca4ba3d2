"""Operations: declared by the connectors, offered, checked, run and logged here."""
