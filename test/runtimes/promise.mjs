// `katcp/promise` of the packed library, at the port it is given: writes `reply !add ok 5`.
import { connect } from "katcp/promise"

const client = await connect({ host: "127.0.0.1", port: Number(process.argv[2]) })
const { reply } = await client.call("add", [2, 3])
console.log(`reply !${reply.name} ${reply.text(0)} ${reply.text(1)}`)
await client.close()
