-- Languages come from files: the database knows the shape of a code, not which there are.
ALTER TABLE kernel.person DROP CONSTRAINT person_language_check;
ALTER TABLE kernel.person ADD CONSTRAINT person_language_check CHECK (language ~ '^[a-z]{2,3}$');

-- Sites that may show the schedule within their own pages: origins, such as https://www.example.se. None by default.
ALTER TABLE kernel.tenant ADD COLUMN embed_origins text[] NOT NULL DEFAULT '{}';
