import type { SettingsKey } from "../../../settings/keys.ts"
import { SETTINGS } from "../../../settings/keys.ts"
import { MEANINGS } from "../meanings.ts"

/** By this line the block is known again. */
const FIRST = "# Alerts: who is told when a run fails or does not come."

/** The settings whose values are secrets: a channel each, but for the second one. */
const SECRETS = ["alerts.slack", "alerts.webhook", "alerts.webhookSecret", "alerts.deadMan"] as const

const VALUES = [
  ["alerts.mail", "[me@example.org]"],
  ["alerts.command", "[notify]"],
  ["alerts.digestAt", '"07:00"'],
  ["alerts.quietHours", '"22:00-07:00"'],
  ["alerts.repeatAfter", "1 d"],
  ["alerts.reviewAfter", "3 d"],
  ["alerts.kinds", "{ fallback: digest, probation: off }"]
] as const satisfies ReadonlyArray<readonly [SettingsKey, string]>

/**
 * The settings of alerts, all of them comments. The secret ones are named by their variables, because settings files are copied
 * and shown.
 */
export const ALERTS: ReadonlyArray<string> = [
  FIRST,
  "# Remove the # of what you want, then: nightly-dispatch alerts test",
  "# The addresses below are secrets. Set these variables in ~/.config/nightly-dispatch/env,",
  "# a file of mode 0600 that the script of cron install reads:",
  ...SECRETS.flatMap((key) => [`#   ${SETTINGS[key].variable}='…'`, `#     ${MEANINGS[key]}`]),
  "# alerts:",
  ...VALUES.map(([key, value]) => `#   ${key.slice("alerts.".length)}: ${value} # ${MEANINGS[key]}`)
]

/** A settings file with the alerts at its end; `undefined` if it has them already. */
export const withAlerts = (text: string): string | undefined =>
  text.split("\n").includes(FIRST) ? undefined : `${text.replace(/\n*$/, "")}\n\n${ALERTS.join("\n")}\n`
