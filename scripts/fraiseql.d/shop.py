"""A shop on FraiseQL for Brink to disturb; its tables are in schema.sql.

Settings come from the environment: DATABASE_URL, POOL_SIZE, POOL_OVERFLOW, and POOL_TIMEOUT and QUERY_TIMEOUT in whole
seconds; without them FraiseQL's own.
"""

import os

import fraiseql
from fraiseql import FraiseQLConfig, create_fraiseql_app
from graphql import GraphQLResolveInfo


@fraiseql.type(sql_source="v_book", jsonb_column="data")
class Book:
    id: int
    title: str
    price: int


@fraiseql.type(sql_source="v_rated_book", jsonb_column="data")
class RatedBook:
    id: int
    title: str
    rating: float


@fraiseql.type(sql_source="v_slow_book", jsonb_column="data")
class SlowBook:
    id: int
    title: str
    price: int


@fraiseql.type
class Order:
    key: str
    quantity: int


@fraiseql.query
async def book(info: GraphQLResolveInfo, id: int) -> Book | None:
    return await info.context["db"].find_one("v_book", "book", info, id=id)


@fraiseql.query
async def books(info: GraphQLResolveInfo, limit: int = 10, offset: int = 0) -> list[Book]:
    return await info.context["db"].find("v_book", "books", info, limit=limit, offset=offset)


@fraiseql.query
async def rated_books(info: GraphQLResolveInfo, limit: int = 10, offset: int = 0) -> list[RatedBook]:
    return await info.context["db"].find("v_rated_book", "ratedBooks", info, limit=limit, offset=offset)


@fraiseql.query
async def slow_book(info: GraphQLResolveInfo, id: int) -> SlowBook | None:
    return await info.context["db"].find_one("v_slow_book", "slowBook", info, id=id)


@fraiseql.input
class PlaceOrderInput:
    key: str
    book_id: int
    quantity: int


@fraiseql.success
class PlaceOrderSuccess:
    message: str
    order: Order


@fraiseql.error
class PlaceOrderError:
    message: str


@fraiseql.mutation(function="place_order", schema="public")
class PlaceOrder:
    input: PlaceOrderInput
    success: PlaceOrderSuccess
    error: PlaceOrderError


# Each knob of FraiseQL that an environment variable sets.
KNOBS = {
    "POOL_SIZE": "database_pool_size",
    "POOL_OVERFLOW": "database_max_overflow",
    "POOL_TIMEOUT": "database_pool_timeout",
    "QUERY_TIMEOUT": "query_timeout",
}

app = create_fraiseql_app(
    config=FraiseQLConfig(
        database_url=os.environ["DATABASE_URL"],
        environment="production",
        auth_enabled=False,
        # It has no fractions of a second, and 0 would mean none at all.
        **{knob: max(1, round(float(os.environ[name]))) for name, knob in KNOBS.items() if name in os.environ},
    ),
    types=[Book, RatedBook, SlowBook, Order],
    queries=[book, books, rated_books, slow_book],
    mutations=[PlaceOrder],
    production=True,
)
