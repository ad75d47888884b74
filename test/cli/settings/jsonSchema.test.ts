import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fromText } from "../../../src/settings/fileText.ts"
import { isRecord } from "../../../src/settings/entries.ts"
import { settingsJsonSchema } from "../../../src/cli/settings/jsonSchema.ts"
import { SETTINGS_KEYS } from "../../../src/settings/keys.ts"
import { loadSettings } from "../../../src/settings/load.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { parse } from "yaml"

type Check = (given: unknown, expected: unknown, schema: Readonly<Record<string, unknown>>) => boolean

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const record = (value: unknown) => (isRecord(value) ? value : {})
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  number: Number.isFinite,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null
}

/** The keywords that our schema may use. A number, a text, an array and an object are each judged by their own keywords only. */
const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: () => true,
  title: () => true,
  description: () => true,
  default: () => true,
  type: (given, types) => [types].flat().some((type) => TYPES[String(type)]?.(given) === true),
  enum: (given, values) => list(values).includes(given),
  anyOf: (given, schemas) => list(schemas).some((schema) => accepts(schema, given)),
  pattern: (given, pattern) => typeof given !== "string" || new RegExp(String(pattern), "u").test(given),
  minLength: (given, least) => typeof given !== "string" || given.length >= Number(least),
  minimum: (given, least) => typeof given !== "number" || given >= Number(least),
  maximum: (given, most) => typeof given !== "number" || given <= Number(most),
  exclusiveMinimum: (given, bound) => typeof given !== "number" || given > Number(bound),
  minItems: (given, least) => !Array.isArray(given) || given.length >= Number(least),
  items: (given, schema) => list(given).every((item) => accepts(schema, item)),
  required: (given, names) => !isRecord(given) || list(names).every((name) => Object.hasOwn(given, String(name))),
  properties: (given, schemas) =>
    Object.entries(record(given)).every(
      ([key, value]) => !Object.hasOwn(record(schemas), key) || accepts(record(schemas)[key], value)
    ),
  additionalProperties: (given, allowed, schema) =>
    allowed === true ||
    Object.entries(record(given)).every(
      ([key, value]) =>
        Object.hasOwn(record(schema["properties"]), key) || (isRecord(allowed) && accepts(allowed, value))
    )
}

/** A small validator of JSON Schema draft 07. Fails the test at a keyword that it does not know. */
const accepts = (schema: unknown, given: unknown): boolean => {
  assert.isTrue(isRecord(schema))
  return Object.entries(record(schema)).every(([keyword, expected]) => {
    const check = KEYWORDS[keyword]
    assert.isDefined(check, keyword)
    return check?.(given, expected, record(schema)) ?? false
  })
}

const schema = settingsJsonSchema()

const GOOD = [
  "{}",
  "repo: my-app",
  "providers: [opencode, { name: mine, command: [my-agent, '{promptFile}'], maxParallel: 2, preflight: model }]",
  "limits:",
  "limits: { maxParallel: 1, minFreeDisk: 0, minFreeInodes: 0, maxRuntime: 1h30m, warmUp: PT36H }",
  "limits: { minFreeDisk: 1.5 GiB }",
  "limits: { jobsPerNight: 5, agentMinutesPerNight: 300, costPerNight: 2.5, tokensPerNight: 1000000, budgetMode: hard }",
  "hostGate: { maxLoadPerCore: 0.5, minFreeMemory: 0 }",
  "hostGate: { maxLoadPerCore: 0, minFreeMemory: 1 GiB }",
  "beads: { backend: jsonl, maxOutput: 7 }",
  "retention: { logSize: 1 GiB, logs: 8 weeks }",
  "timeouts: { ack: 90s, run: 1.5h, beads: ' 30 seconds ', preflight: 1 hour 2 minutes 3 secs }",
  "timeouts: { run: P1DT2H }",
  "schedule: '0 6-13 * * *'",
  "schedule: '@hourly'",
  "environment: { pass: [MY_*, TOKEN] }",
  "intake: { hostTags: { needs-gpu: gpu } }",
  "alerts: { quietHours: '22:00-07:00', kinds: { review: digest }, webhook: HTTPS://hooks.test/1, mail: [] }",
  "verify: { command: [npm, test], before: true }"
]
const BAD = [
  "[]",
  "repoo: x",
  "repo: ../x",
  "repo:",
  "providers: []",
  "providers: [Open Code]",
  "providers: [{ model: x }]",
  "providers: [{ name: a, modle: x }]",
  "limits: 3",
  "limits: { maxParallel: 0 }",
  "limits: { maxParallel: '2' }",
  "limits: { maxParallel: 1.5 }",
  "limits: { minFreeInodes: -1 }",
  "limits: { minFreeDisk: 5 MB }",
  "limits: { jobsPerNight: 0 }",
  "limits: { costPerNight: 0 }",
  "limits: { budgetMode: strict }",
  "hostGate: { maxLoadPerCore: -1 }",
  "hostGate: { maxLoadPerCore: '4' }",
  "hostGate: { minFreeMemory: 5 MB }",
  "intake: { maxPriority: 9 }",
  "intake: { types: [] }",
  "beads: { backend: sqlite }",
  "beads: { maxOutput: 0 }",
  "beads: { maxOutput: 0 MiB }",
  "timeouts: { ack: 30 }",
  "timeouts: { ack: '30' }",
  "timeouts: { run: 30m1h }",
  "timeouts: { run: P1M }",
  "timeouts: { run: PT }",
  "timeouts: { run: 24H }",
  "schedule: '0 6 * *'",
  "environment: { pass: [GIT_DIR] }",
  "alerts: { quietHours: '7-9' }",
  "alerts: { webhook: ftp://x }",
  "alerts: { kinds: { review: later } }",
  "intake: { hostTags: { needs-gpu: 'a tag' } }",
  "verify: { command: [] }"
]

/** Whether the loader takes this file. */
const loads = (text: string) => {
  const { entries, problems } = fromText(text, "/x.yaml", "/")
  if (problems.length > 0) return Effect.succeed(false)
  const flags: Record<string, unknown> = {}
  for (const { path, value } of entries) {
    const [section = "", leaf] = path
    flags[section] = leaf === undefined ? value : { ...record(flags[section]), [leaf]: value }
  }
  const input = { environment: {}, configFile: undefined, withoutFile: true, cwd: "/none", home: "/home/someone" }
  return Effect.map(Effect.either(loadSettings({ flags, ...input })), ({ _tag }) => _tag === "Right")
}

describe("the JSON Schema of the settings", () => {
  it("describes every setting, and its defaults are valid", () => {
    const properties = record(schema["properties"])
    for (const key of SETTINGS_KEYS) {
      const [section = "", leaf] = key.split(".")
      const top = record(properties[section])
      const node = leaf === undefined ? top : record(record(top["properties"])[leaf])
      assert.isAbove(String(node["description"] ?? "").length, 10, key)
      if (Object.hasOwn(node, "default")) assert.isTrue(accepts(node, node["default"]), key)
    }
    assert.strictEqual(schema["$schema"], "http://json-schema.org/draft-07/schema#")
  })

  it("allows no other key, in no record", () => {
    const open = (node: unknown): number =>
      typeof node !== "object" || node === null
        ? 0
        : Object.values(node).reduce<number>(
            (sum, inner) => sum + open(inner),
            isRecord(node) && isRecord(node["properties"]) && (node["additionalProperties"] ?? true) === true ? 1 : 0
          )
    assert.strictEqual(open(schema), 0)
  })

  it.effect("accepts what the loader accepts, and rejects what it rejects", () =>
    Effect.gen(function* () {
      for (const text of GOOD)
        assert.deepStrictEqual([yield* loads(text), accepts(schema, parse(text))], [true, true], text)
      for (const text of BAD)
        assert.deepStrictEqual([yield* loads(text), accepts(schema, parse(text))], [false, false], text)
    }).pipe(Effect.provide([NodeContext.layer, NodeExec.layer]))
  )
})
