"""Inputs that are damaged at random: none may crash, hang, or end in anything but a plain error."""
