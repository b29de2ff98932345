// The import files of a made-up large city: 25 facilities, each of four halls that are let whole or by halves.

export const HOST = 'storstad.localhost';
export const FACILITIES = 25;
const HALLS = ['a', 'b', 'c', 'd'];
/** The short names of a facility's 12 resources. */
export const RESOURCES = HALLS.flatMap((hall) => [`${hall}`, `${hall}-1`, `${hall}-2`]);

const tenant = `
slug = "storstad"
name = "Storstad"
hosts = ["${HOST}"]
time_zone = "Europe/Stockholm"
accent = "#3c6e47"
modules = ["facilities", "customers", "booking", "pricing", "access", "notifications", "search", "watching"]

[[authority]]
slug = "namnden"
name = "Idrottsnämnden"
`;

const customers = `
[[association]]
slug = "storstads-if"
name = "Storstads IF"
kind = "association"
price_group = "forening"
email = "styrelsen@storstadsif.example"
`;

function facility(number) {
  const resource = (slug, name, parts, parent) => `
[[facility.resource]]
slug = "${slug}"
name = "${name}"
${parent ? `parent = "${parent}"\n` : ''}parts = [${parts.map((part) => `"${part}"`).join(', ')}]
activities = ["badminton", "floorball"]
`;
  const halls = HALLS.map((hall) => {
    const name = hall.toUpperCase();
    return resource(hall, `Hall ${name}`, [`${name}1`, `${name}2`])
      + resource(`${hall}-1`, `Halva ${name}1`, [`${name}1`], hall)
      + resource(`${hall}-2`, `Halva ${name}2`, [`${name}2`], hall);
  });
  const parts = HALLS.flatMap((hall) => [1, 2].map((half) => `"${hall.toUpperCase()}${half}"`));
  return `
[[facility]]
slug = "hall-${number}"
name = "Hallen ${number}"
address = "Hallvägen ${number}, Storstad"
parts = [${parts.join(', ')}]
${halls.join('')}`;
}

const tariffs = (numbers) => `
[[tariff]]
name = "Taxa"
valid_from = "2020-01-01"
decided_by = "Kommunfullmäktige i Storstad"
reference = "KF 2019 § 1"

[[tariff.group]]
code = "privat"
name = "Privatpersoner och företag"
default = true

[[tariff.group]]
code = "forening"
name = "Föreningar"

[[tariff.rate]]
resources = [${numbers.flatMap((n) => RESOURCES.map((slug) => `"hall-${n}/${slug}"`)).join(', ')}]
kr_per_hour = { privat = 200, forening = 80 }
`;

/** File names and their texts. */
export function cityFiles() {
  const numbers = Array.from({ length: FACILITIES }, (_, index) => index);
  const facilities = `
[defaults]
authority = "namnden"
time_zone = "Europe/Stockholm"
opening_hours = [{ days = "mon-sun", opens = "07:00", closes = "23:00" }]
${numbers.map(facility).join('')}`;
  const rules = `
[[rules]]
for = "tenant"
first = "2026-01-01"
[rules.parameters]
step_minutes = 60
shortest_minutes = 60
longest_minutes = 240
lead_minutes = 0
horizon_days = 120
`;
  return {
    'tenant.toml': tenant, 'customers.toml': customers, 'tariffs.toml': tariffs(numbers), 'facilities.toml': facilities,
    'rules.toml': rules,
  };
}
