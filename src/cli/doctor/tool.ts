import { Effect } from "effect"
import { which } from "../../exec/which.ts"
import { directoryOf } from "../cron/text.ts"
import type { Environment } from "../../surroundings.ts"
import { problem, type Area, type Finding } from "./Finding.ts"

/** Where a command is. */
export interface Tool {
  readonly name: string
  /** By the PATH of cron; `undefined` if it is not there. */
  readonly cron: string | undefined
  /** By the PATH of the shell that started doctor. */
  readonly shell: string | undefined
}

/** The two environments in which tools are looked up. */
export interface Both {
  readonly cron: Environment
  readonly shell: Environment
}

export const findTool = (name: string, { cron, shell }: Both): Effect.Effect<Tool> =>
  Effect.all({
    name: Effect.succeed(name),
    cron: which(name, cron["PATH"]),
    shell: which(name, shell["PATH"])
  })

/** Writes script and line anew, with the directories of the tools that this shell finds. */
export const INSTALL = "nightly-dispatch cron install"

/** Whether a person would find the command, and cron would not. */
export const isOnlyInShell = ({ cron, shell }: Tool): boolean => cron === undefined && shell !== undefined

/** A command that works only in the operator's shell. */
export const onlyInShell = (area: Area, { name, shell = "" }: Tool): Finding =>
  problem(area, `${name}: works in your shell, NOT under cron: not on PATH (${directoryOf(shell)})`, INSTALL)

/** The problem of a command that cron does not find; none if it does. `mend`: how it is installed. */
export const missingTool = (area: Area, tool: Tool, use: string, mend: string): ReadonlyArray<Finding> => {
  if (tool.cron !== undefined) return []
  return isOnlyInShell(tool)
    ? [onlyInShell(area, tool)]
    : [problem(area, `${tool.name} is not installed: ${use}`, mend)]
}
