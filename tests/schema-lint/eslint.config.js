// What the schema has to keep to. The presets, less what contradicts the contract, plus descriptions everywhere.
import graphql from "@graphql-eslint/eslint-plugin";

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "schema.graphql" } },
    },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          // Those of the language itself are printed without.
          ignoredSelectors: ["DirectiveDefinition[name.value=/^(include|skip|specifiedBy|oneOf|deprecated)$/] > InputValueDefinition"],
        },
      ],
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Payload", "Connection", "Edge", "Event", "Progress", "Count"],
            types: [
              "PageInfo",
              "UserError",
              "Label",
              "ReleaseWave",
              "Plan",
              "PlanWarning",
              "PlanTarget",
              "Pause",
              "Lock",
              "LogLine",
              "SkippedInstance",
              "Withdrawal",
              "Rollout",
              "Executor",
              "Viewer",
              "Server",
              "Worker",
              "TargetStep",
              "Suspension",
              "Budget",
              "PerLabel",
              "Wait",
              "RolloutDefaults",
              "WaveDefault",
              "Amount",
            ],
          },
        },
      ],
      // `nodes` beside `edges`, plain lists where the size is bounded by nature, and log lines, which are no nodes.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // Logs of events are read forward only.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // `Host.hostname` is what everybody says.
      "@graphql-eslint/no-typename-prefix": "off",
      "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
      "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
      "@graphql-eslint/require-nullable-fields-with-oneof": "error",
    },
  },
];
