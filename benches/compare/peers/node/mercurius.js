import fastify from "fastify";
import mercurius from "mercurius";
import { context, resolvers, typeDefs } from "./schema.js";

const app = fastify();
app.register(mercurius, { schema: typeDefs, resolvers, context, jit: 1, cache: true });
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
