"""gql: queries and mutations over HTTP, and the same with subscriptions over both of its WebSocket transports."""

import asyncio

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from gql.transport.websockets import WebsocketsTransport
from server import HEADERS, HTTP, SOCKETS, new_name

VIEWER = gql("{ viewer { name } }")
CREATE = gql(
    """mutation Create($input: CreateServiceInput!) {
        createService(input: $input) { service { id name } userErrors { code message } }
    }"""
)
WATCH = gql("subscription Watch($after: String) { serviceChanged(after: $after) { kind service { name } } }")


def create(name):
    return {"input": {"name": name, "executor": "steady"}}


def over_requests():
    # The schema is introspected, and every document is validated against it before it is sent.
    client = Client(transport=RequestsHTTPTransport(HTTP, headers=HEADERS), fetch_schema_from_transport=True)
    with client as session:
        assert session.execute(VIEWER)["viewer"]["name"] == "frontend"
        name = new_name("requests")
        created = session.execute(CREATE, variable_values=create(name))["createService"]
        assert created["service"]["name"] == name and created["userErrors"] == []


async def over_sockets(transport, address):
    what = f"{transport.__name__} at {address}"
    name = new_name("sockets")
    async with Client(transport=AIOHTTPTransport(HTTP, headers=HEADERS)) as http:
        cursor = (await http.execute(gql("{ eventCursor }")))["eventCursor"]
        async with Client(transport=transport(url=address, headers=HEADERS)) as session:
            assert (await session.execute(VIEWER))["viewer"]["name"] == "frontend", what
            created = (await session.execute(CREATE, variable_values=create(name)))["createService"]
            assert created["userErrors"] == [], what
            async for event in session.subscribe(WATCH, variable_values={"after": cursor}):
                if event["serviceChanged"]["service"]["name"] == name:
                    break
            try:
                await session.execute(gql("{ nothing }"))
                raise AssertionError(f"{what}: an unknown field was accepted")
            except TransportQueryError as error:
                assert error.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", what
    # The token may come in the first message of the protocol, too.
    for payload in (HEADERS, {"headers": HEADERS}):
        async with Client(transport=transport(url=address, init_payload=payload)) as session:
            assert (await session.execute(VIEWER))["viewer"]["name"] == "frontend", f"{what} {list(payload)}"


async def main():
    over_requests()
    for transport in (WebsocketsTransport, AIOHTTPWebsocketsTransport):
        for address in SOCKETS:
            await over_sockets(transport, address)
    print("gql: HTTP, and both transports over WebSocket at both addresses")


asyncio.run(asyncio.wait_for(main(), 60))
