// data-time-zone on a select or hidden field: filled with the browser's time zone.
document.querySelectorAll("[data-time-zone]").forEach((field) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = field.options ? [...field.options].some((o) => o.value === zone) : zone;
  if (known) field.value = zone;
});
