import * as fs from "node:fs"
import type { Machine } from "./Machine.ts"
import { waitForProcesses } from "./processes.ts"

/** All files and directories of a machine, byte by byte. */
export interface Snapshot {
  readonly root: string
  /** `text` is `undefined` for a directory. */
  readonly files: ReadonlyArray<{ readonly name: string; readonly mode: number; readonly text: string | undefined }>
}

/** Waits until no process of the machine runs, copies its files and removes it. */
export const takeSnapshot = async (machine: Machine): Promise<Snapshot> => {
  await waitForProcesses(machine.root)
  const files = fs.readdirSync(machine.root, { recursive: true }).map((name) => {
    const file = machine.at(String(name))
    const stat = fs.statSync(file)
    return { name: String(name), mode: stat.mode, text: stat.isFile() ? fs.readFileSync(file, "latin1") : undefined }
  })
  await machine.remove()
  return { root: machine.root, files }
}

/** The machine's own disk is put back: the directory is no copy. */
const keepIdentity = (directory: string): void => {
  const file = `${directory}/identity.json`
  const identity = JSON.parse(fs.readFileSync(file, "utf8"))
  fs.writeFileSync(file, JSON.stringify({ ...identity, inode: String(fs.statSync(directory, { bigint: true }).ino) }))
}

/**
 * Replaces all files of the machine. Paths below the snapshot's root become paths below this machine's root. Both roots
 * have the same length, so the journal stays a valid database.
 */
export const restore = (machine: Machine, { files, root }: Snapshot): void => {
  fs.rmSync(machine.root, { recursive: true })
  fs.mkdirSync(machine.root)
  for (const { mode, name, text } of files.toSorted((a, b) => a.name.length - b.name.length)) {
    if (text === undefined) fs.mkdirSync(machine.at(name))
    else fs.writeFileSync(machine.at(name), text.replaceAll(root, machine.root), "latin1")
    fs.chmodSync(machine.at(name), mode)
  }
  keepIdentity(machine.at("state"))
}
