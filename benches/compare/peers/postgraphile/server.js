// PostGraphile over lockkeeper's own tables, with the two functions that the queries need beside them.
import { createServer } from "node:http";
import { makePgService } from "postgraphile/adaptors/pg";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const connections = Number(process.env.CONNECTIONS);
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({ connectionString: process.env.DATABASE_URL, poolConfig: { max: connections }, schemas: ["public"] }),
  ],
  grafserv: { graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
};
const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
