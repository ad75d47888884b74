import { spawnSync } from "node:child_process"
import { Stage, type World } from "./stage.ts"

/** How one world came out. */
export interface PlayedWorld {
  readonly world: World
  /** Empty when its rule holds. */
  readonly problems: ReadonlyArray<string>
  readonly log: string
}

/** Whether this host lets us make a pid namespace. */
export const canMakeNamespaces = (): boolean =>
  spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0

export const playWorld = async (world: World): Promise<PlayedWorld> => {
  const stage = new Stage()
  try {
    await world.play(stage)
  } catch (error) {
    stage.problems.push(String(error))
  }
  await stage.remove()
  return { world, problems: stage.problems, log: stage.log.join("\n") }
}

/** The worlds as text, each with its rules; ✓ holds, ✗ does not. */
export const worldTable = (played: ReadonlyArray<PlayedWorld>): string => {
  const names = [...new Set(played.map(({ world }) => world.world))]
  const rules = (name: string) =>
    played
      .filter(({ world }) => world.world === name)
      .map(({ problems, world }) => `  ${problems.length === 0 ? "✓" : "✗"} ${world.rule}`)
  const lines = names.map((name) => [name, ...rules(name)].join("\n"))
  const holding = played.filter(({ problems }) => problems.length === 0).length
  return [...lines, "", `${holding} of ${played.length} worlds hold`].join("\n")
}
