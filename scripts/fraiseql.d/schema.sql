-- A shop as FraiseQL wants it: tables, views with a column of JSON that hold what is asked for, and a function for each
-- mutation.
CREATE TABLE tb_book (id int PRIMARY KEY, title text NOT NULL, price int NOT NULL);
INSERT INTO tb_book SELECT n, 'Book ' || n, 500 + n % 4000 FROM generate_series(1, 1000) AS n;

CREATE TABLE tb_review (id int PRIMARY KEY, book_id int NOT NULL REFERENCES tb_book, rating int NOT NULL);
INSERT INTO tb_review SELECT n, 1 + n % 1000, 1 + n % 5 FROM generate_series(1, 3000) AS n;
CREATE INDEX tb_review_book_id ON tb_review (book_id);

CREATE TABLE tb_order (key text PRIMARY KEY, book_id int NOT NULL REFERENCES tb_book, quantity int NOT NULL);
CREATE INDEX tb_order_book_id ON tb_order (book_id);

CREATE VIEW v_book AS
SELECT b.id, jsonb_build_object('id', b.id, 'title', b.title, 'price', b.price) AS data FROM tb_book AS b;

-- Ten books and their ratings: a question that takes the database some work.
CREATE VIEW v_rated_book AS
SELECT b.id, jsonb_build_object('id', b.id, 'title', b.title, 'rating', avg(r.rating)::float) AS data
FROM tb_book AS b JOIN tb_review AS r ON r.book_id = b.id GROUP BY b.id;

-- Takes 50 ms, whatever is asked.
CREATE VIEW v_slow_book AS
SELECT b.id, jsonb_build_object('id', b.id, 'title', b.title, 'price', b.price) AS data
FROM (SELECT pg_sleep(0.05)) AS pause, tb_book AS b;

CREATE TYPE mutation_response AS (
    status text, message text, entity_id text, entity_type text, entity jsonb, updated_fields text[], cascade jsonb,
    metadata jsonb
);

-- One order for a key, however often it is placed.
CREATE FUNCTION place_order(input jsonb) RETURNS mutation_response LANGUAGE plpgsql AS $$
DECLARE
    answer mutation_response;
BEGIN
    -- As a shop that counts its stock would: the book is not to vanish or change meanwhile.
    PERFORM FROM tb_book WHERE id = (input ->> 'book_id')::int FOR UPDATE;
    INSERT INTO tb_order VALUES (input ->> 'key', (input ->> 'book_id')::int, (input ->> 'quantity')::int)
    ON CONFLICT (key) DO NOTHING;
    answer.status := 'success';
    answer.message := 'placed';
    answer.entity_id := input ->> 'key';
    answer.entity_type := 'Order';
    answer.entity := jsonb_build_object('key', input ->> 'key', 'quantity', (input ->> 'quantity')::int);
    RETURN answer;
END
$$;
