import { Schema } from "effect"
import { defaultSettings } from "../../../domain/defaultSettings.ts"
import { Settings } from "../../../domain/Settings.ts"
import type { SettingsKey } from "../../../settings/keys.ts"
import { valueOf } from "../../../settings/entries.ts"
import { MEANINGS } from "../meanings.ts"
import { word } from "../show.ts"
import { ALERTS } from "./alerts.ts"
import type { Found } from "./look.ts"

/** What a new settings file is written for. */
export interface NewFile {
  readonly found: Found
  /** The clone as the file names it: relative to the file, or absolute; `undefined` if there is none. */
  readonly repoPath: string | undefined
  /** The JSON Schema beside the file; `undefined` if there is none. */
  readonly schema: string | undefined
  /** Whether it explains all settings of alerts. */
  readonly alerts: boolean
}

/** A path as YAML reads it back. */
const scalar = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text))

const defaults = Schema.encodeSync(Settings)(defaultSettings)

/** A key with its default, and what it means. */
const line = (key: SettingsKey): string =>
  `  ${key.slice(key.indexOf(".") + 1)}: ${word(valueOf(defaults, key))} # ${MEANINGS[key]}`

const providersOf = ({ providers }: Found): ReadonlyArray<string> => {
  const names = providers.map(({ name }) => name)
  return [
    "# Agents, in the order they are tried.",
    ...(names.length === 0
      ? [
          "# No tool of theirs was on PATH: install one of them.",
          `# providers: ${word(valueOf(defaults, "providers"))}`
        ]
      : [`providers: ${word(names)}`]),
    ...providers.flatMap(({ lacks, name }) => (lacks === undefined ? [] : [`# ${name}: ${lacks}.`]))
  ]
}

/**
 * The text of a new settings file. It sets nothing that runs commands or sends data away: git may come to track the file.
 *
 * @example
 * settingsText({ found, repoPath: ".", schema: undefined, alerts: false })
 */
export const settingsText = ({ alerts, found, repoPath, schema }: NewFile): string =>
  [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}`]),
    "# Settings of nightly-dispatch. A key that is left out has its default.",
    "# All keys: nightly-dispatch config show. After a change: nightly-dispatch config check",
    "",
    `# ${MEANINGS.repoPath}`,
    repoPath === undefined ? "# repoPath: ~/my-app" : `repoPath: ${scalar(repoPath)}`,
    ...(found.tracker === null
      ? ["# There was no .beads at or above it: name the tracker's directory.", "# beads: { dir: ~/my-app/.beads }"]
      : []),
    "",
    ...providersOf(found),
    "",
    "intake:",
    line("intake.maxPriority"),
    line("intake.excludeLabels"),
    "limits:",
    line("limits.maxDispatches"),
    line("limits.maxRuntime"),
    "timeouts: # 90s, 50 min, 1h30m, 2 days",
    line("timeouts.run"),
    "",
    "# Who is told, and how work is checked. A file that git tracks must not set these,",
    "# unless you name it with --config: everyone who can commit could run commands as you.",
    ...(alerts ? [] : ["# alerts: { mail: [me@example.org] } # more of them: nightly-dispatch config init --alerts"]),
    "# verify: { command: [npm, test] }",
    ...(alerts ? ["", ...ALERTS] : []),
    ""
  ].join("\n")
