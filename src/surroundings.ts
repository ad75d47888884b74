import { Context, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

export type Environment = Readonly<Record<string, string | undefined>>

/** The parts of the operating system that the layers depend on. */
export interface Surroundings {
  readonly environment: Environment
  readonly cwd: string
  readonly home: string | undefined
  readonly tempDir: string
  /** The name of this host. Default: what the operating system says. */
  readonly host?: string
  /** The settings file that was read, for the record of this host's repositories. Absolute; absent if there was none. */
  readonly settingsFile?: string | undefined
}

/** This process: its surroundings, its host, and the absolute paths of its node and its program. */
export class ThisProcess extends Context.Tag("nightly-dispatch/ThisProcess")<
  ThisProcess,
  Surroundings & { readonly host: string; readonly node: string; readonly program: string }
>() {}

/** A variable's text; `undefined` if it is not set, empty or blank. */
export const variable = (environment: Environment, name: string): string | undefined =>
  (environment[name] ?? "").trim() === "" ? undefined : environment[name]

/**
 * The surroundings of this process.
 *
 * @example
 * Layer.unwrapEffect(Effect.map(surroundingsHere, (surroundings) => layer(settings, surroundings)))
 */
export const surroundingsHere = Effect.sync(() => ({
  environment: process.env,
  cwd: process.cwd(),
  home: variable(process.env, "HOME") ?? os.userInfo().homedir,
  tempDir: os.tmpdir(),
  host: os.hostname()
})) satisfies Effect.Effect<Surroundings>

export const layer: Layer.Layer<ThisProcess> = Layer.effect(
  ThisProcess,
  Effect.map(surroundingsHere, (surroundings) => ({
    ...surroundings,
    node: process.execPath,
    // npm makes a link to the program; resolve it.
    program: fs.realpathSync(path.resolve(process.argv[1] ?? ""))
  }))
)

/** Who started this process, for the records: the login name, else the number of the user. */
export const userOf = ({ environment }: Pick<Surroundings, "environment">): string =>
  variable(environment, "LOGNAME") ?? variable(environment, "USER") ?? `uid ${process.getuid?.() ?? "unknown"}`

const BELOW_HOME = { XDG_CONFIG_HOME: ".config", XDG_STATE_HOME: ".local/state" } as const

/**
 * A base directory of the XDG specification, and the variable that gave it; `undefined` without a home directory. An XDG
 * variable that is empty or holds a relative path counts as not set.
 */
export const baseDirectory = (
  { environment, home }: Pick<Surroundings, "environment" | "home">,
  name: keyof typeof BELOW_HOME
): { readonly directory: string; readonly from: string } | undefined => {
  const own = variable(environment, name)
  if (own?.startsWith("/") === true) return { directory: own, from: name }
  return home === undefined || home === "" ? undefined : { directory: `${home}/${BELOW_HOME[name]}`, from: "HOME" }
}

/** Defaults of settings that come from variables, most of them of other programs; `value` is `undefined` if not set. */
export const settingsFromVariables = ({ environment }: Pick<Surroundings, "environment">) =>
  [
    { key: "beads.dir", value: variable(environment, "BEADS_DIR"), from: "BEADS_DIR" },
    { key: "runner.path", value: variable(environment, "DX_RUNNER_PATH"), from: "DX_RUNNER_PATH" },
    { key: "alerts.slack", value: variable(environment, "SLACK_WEBHOOK"), from: "SLACK_WEBHOOK" }
  ] as const
