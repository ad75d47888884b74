// The fake bd of one racer: a process that answers calls until its parent disconnects.
import { call } from "../../fixtures/bd/main.js"

process.on("message", ([args, env]) => process.send(call(args, env)))
