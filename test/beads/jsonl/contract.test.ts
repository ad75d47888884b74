import { beadsContract } from "../../contract/beadsContract.ts"
import { jsonlWorld } from "./jsonlWorld.ts"

beadsContract("JsonlBeads", jsonlWorld)
