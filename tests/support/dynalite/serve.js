// serve.js: dynalite on a free port of 127.0.0.1; prints "listening on PORT", and ends with the
// process that started it. MODULES is the folder that has it.
const dynalite = require(process.env.MODULES + '/dynalite');
const parent = process.ppid;

const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
setInterval(() => process.ppid === parent || process.exit(), 500);
