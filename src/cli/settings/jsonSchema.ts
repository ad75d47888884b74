import { JSONSchema, Record, Schema } from "effect"
import { defaultSettings } from "../../domain/defaultSettings.ts"
import { Settings } from "../../domain/Settings.ts"
import { isRecord, valueOf } from "../../settings/entries.ts"
import { isSettingsKey, SECTIONS, SETTINGS, type SettingsKey } from "../../settings/keys.ts"
import { MEANINGS } from "./meanings.ts"

type Node = Readonly<Record<string, unknown>>

const recordOf = (value: unknown): Node => (isRecord(value) ? value : {})

/** A schema without references, which old readers ignore beside other keywords, and without Effect's words about its filters. */
const flatten = (node: Node, definitions: Node): Node => {
  const { $ref, allOf, anyOf, description: _, items, properties, title: __, ...rest } = node
  const flat = (inner: unknown): Node => flatten(recordOf(inner), definitions)
  const named = typeof $ref === "string" ? flat(definitions[$ref.slice($ref.lastIndexOf("/") + 1)]) : {}
  const parts = Array.isArray(allOf) ? allOf.map(flat) : []
  return Object.assign(
    { ...named },
    ...parts,
    rest,
    Array.isArray(anyOf) ? { anyOf: anyOf.map(flat) } : {},
    items === undefined ? {} : { items: flat(items) },
    properties === undefined ? {} : { properties: Record.map(recordOf(properties), flat) }
  )
}

/** What the loader reads besides the decoded form. */
const asWritten = (key: SettingsKey, node: Node): Node => {
  if (SETTINGS[key].kind !== "providers") return node
  const provider = recordOf(node["items"])
  return { ...node, items: { anyOf: [recordOf(provider["properties"])["name"], provider] } }
}

/**
 * The JSON Schema (draft 07) of a settings file, for editors and for programs that write one. It accepts what the loader accepts.
 * What a schema cannot say, such as how long `timeouts.run` must be, only `config check` finds.
 *
 * @example
 * JSON.stringify(settingsJsonSchema(), null, 2)
 */
export const settingsJsonSchema = (): Node => {
  const { $defs, $schema, ...made } = recordOf(JSONSchema.make(Settings))
  const { properties, ...root } = flatten(made, recordOf($defs))
  const encoded = Schema.encodeSync(Settings)(defaultSettings)
  const leaf = (key: string, node: unknown): Node => {
    if (!isSettingsKey(key)) return recordOf(node)
    const value = valueOf(encoded, key)
    const described = { description: MEANINGS[key], ...asWritten(key, recordOf(node)) }
    return value === undefined ? described : { ...described, default: value }
  }
  const section = (name: string, { properties, ...rest }: Node): Node => ({
    ...rest,
    // A section without keys, `limits:`, is read as an empty one.
    type: ["object", "null"],
    properties: Record.map(recordOf(properties), (node, key) => leaf(`${name}.${key}`, node))
  })
  return {
    $schema,
    title: "Settings of nightly-dispatch",
    ...root,
    properties: Record.map(recordOf(properties), (node, key) =>
      SECTIONS.has(key) ? section(key, recordOf(node)) : leaf(key, node)
    )
  }
}
