import { createServer } from "node:http";
import { useGraphQlJit } from "@envelop/graphql-jit";
import { createSchema, createYoga } from "graphql-yoga";
import { context, resolvers, typeDefs } from "./schema.js";

const schema = createSchema({ typeDefs, resolvers });
const yoga = createYoga({ schema, context, plugins: [useGraphQlJit()], logging: false, graphiql: false });
createServer(yoga).listen(Number(process.env.PORT), "127.0.0.1");
