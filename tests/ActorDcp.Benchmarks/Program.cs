using System.Globalization;
using ActorDcp.Benchmarks;

// dotnet run -c Release --project tests/ActorDcp.Benchmarks -- [streams] [million events] [value bytes]
// Prints the client's own CPU an event from socket to released batch; the node runs in a process of its own.
if (args is ["node", var streamsOfNode, var bytesOfNode])
    return await FloodingNode.RunAsync(Number(streamsOfNode), Number(bytesOfNode));
var streams = args.Length > 0 ? Number(args[0]) : 64;
var millions = args.Length > 1 ? Number(args[1]) : 4;
var valueBytes = args.Length > 2 ? Number(args[2]) : 256;
return await StreamBenchmark.RunAsync(streams, millions, valueBytes);

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
