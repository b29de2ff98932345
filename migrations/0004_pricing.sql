-- Pricing: price lists as decided. Where a list is silent there is no price.
CREATE SCHEMA pricing;
GRANT USAGE ON SCHEMA pricing TO hallport_application;

CREATE TABLE pricing.tariff (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  id          uuid NOT NULL,
  name        text NOT NULL,
  decided_by  text,
  reference   text,
  valid_from  date NOT NULL,
  valid_to    date,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name, valid_from),
  CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CALL kernel.isolate('pricing.tariff', 'tenant_id', 'SELECT, INSERT, UPDATE');

-- Customer groups as the list has them. `is_default`: the group of those who have no other.
CREATE TABLE pricing.price_group (
  tenant_id   uuid NOT NULL REFERENCES kernel.tenant,
  tariff_id   uuid NOT NULL,
  code        text NOT NULL,
  name        text NOT NULL,
  -- Whom it is for, in the list's words.
  who         text,
  -- Its place in the list, from 0.
  position    integer NOT NULL,
  is_default  boolean NOT NULL,
  PRIMARY KEY (tenant_id, tariff_id, code),
  FOREIGN KEY (tenant_id, tariff_id) REFERENCES pricing.tariff
);
CREATE UNIQUE INDEX price_group_default ON pricing.price_group (tenant_id, tariff_id) WHERE is_default;
CALL kernel.isolate('pricing.price_group', 'tenant_id', 'SELECT, INSERT, UPDATE');

CREATE TABLE pricing.rate (
  tenant_id          uuid NOT NULL REFERENCES kernel.tenant,
  tariff_id          uuid NOT NULL,
  resource_id        uuid NOT NULL,
  price_group        text NOT NULL,
  ore_per_hour       bigint NOT NULL CHECK (ore_per_hour >= 0),
  PRIMARY KEY (tenant_id, tariff_id, resource_id, price_group),
  FOREIGN KEY (tenant_id, tariff_id, price_group) REFERENCES pricing.price_group
);
CREATE INDEX rate_resource ON pricing.rate (tenant_id, resource_id);
CALL kernel.isolate('pricing.rate', 'tenant_id', 'SELECT, INSERT, UPDATE, DELETE');
