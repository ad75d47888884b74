import * as fs from "node:fs"
import * as path from "node:path"
import type { Machine } from "./Machine.ts"

const faultOf = (machine: Machine, tool: string): string => machine.at(`tools/${tool}.fault`)

const scriptOf = (machine: Machine, tool: string): string => machine.at(`tools/${tool}`)

/** Puts a stand-in first on the PATH for each of these tools, which can be broken and mended while dispatchers run. */
export const installTools = (machine: Machine, tools: ReadonlyArray<string>): void => {
  fs.mkdirSync(machine.at("tools"))
  const places = (machine.env["PATH"] ?? "").split(":")
  for (const tool of tools) {
    const real = places.map((place) => path.join(place, tool)).find((file) => fs.existsSync(file)) ?? tool
    fs.writeFileSync(faultOf(machine, tool), "")
    fs.writeFileSync(scriptOf(machine, tool), `#!/bin/sh\n. "$0.fault"\nexec "${real}" "$@"\n`, { mode: 0o700 })
  }
  // Without the places of the real tools: a removed stand-in is a missing tool.
  const others = places.filter((place) => !tools.some((tool) => fs.existsSync(path.join(place, tool))))
  machine.env["PATH"] = [machine.at("tools"), ...others].join(":")
}

const replace = (file: string, text: string): void => {
  fs.writeFileSync(`${file}.new`, text)
  fs.renameSync(`${file}.new`, file)
}

/** From now on the tool does this, in shell; `undefined`: it is missing. */
export const breakTool = (machine: Machine, tool: string, fault: string | undefined): void => {
  if (fault === undefined) fs.renameSync(scriptOf(machine, tool), `${scriptOf(machine, tool)}.away`)
  else replace(faultOf(machine, tool), `${fault}\n`)
}

export const mendTool = (machine: Machine, tool: string): void => {
  replace(faultOf(machine, tool), "")
  if (!fs.existsSync(scriptOf(machine, tool))) fs.renameSync(`${scriptOf(machine, tool)}.away`, scriptOf(machine, tool))
}
