"""The operators, by family. A family is loaded when one of its operators is first asked for."""
