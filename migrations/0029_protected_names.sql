-- Whoever writes a note, a message or a change is named to those who read it by this view. A protected person is not:
-- the word in the place of the name is the register's, as for customers.
CREATE OR REPLACE VIEW pub.person_v1 WITH (security_invoker = true) AS
  SELECT person.tenant_id, person.id,
         CASE WHEN EXISTS (SELECT FROM customers.identity identity
                            WHERE identity.tenant_id = person.tenant_id AND identity.person_id = person.id
                              AND identity.protected)
              THEN 'Skyddad' ELSE person.name END AS name
    FROM kernel.person person;
