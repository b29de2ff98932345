-- Figures about what waits: the worker counts by kind and age, and still reads no payload.
GRANT SELECT (kind, created_at) ON kernel.outbox TO hallport_worker;
