using System.Globalization;
using ActorDcp.Benchmarks;
using ActorDcp.Benchmarks.Pieces;
using ActorDcp.Benchmarks.Producer;

// dotnet run -c Release --project tests/ActorDcp.Benchmarks -- [streams] [million events] [value bytes]
// Prints the client's own CPU an event from socket to released batch; the node runs in a process of its own.
// dotnet run -c Release --project tests/ActorDcp.Benchmarks -- producer [events] [runs]
// Prints what the embedded producer serves from memory beside a loop that only writes, and how long it takes 1,000,000 documents.
if (args is ["producer", .. var counts])
    return await ProducerBenchmark.RunAsync(counts.Length > 0 ? Number(counts[0]) : 1_000_000, counts.Length > 1 ? Number(counts[1]) : 3);
// dotnet run -c Release --project tests/ActorDcp.Benchmarks -- readers|demultiplexer|graph|ledger|checkpoint|pieces
// Prints nanoseconds and bytes allocated an event with BenchmarkDotNet: of the scanner, of the reader and of reading documents; of the
// way to a stream's queue and of the hand-over of batches from there; of one hop in a graph and of a handler's call; of the flow-control
// books; of a vbucket's row in a checkpoint; of all of them in turn.
if (args is ["pieces"])
    return PieceBenchmarks.Run(PieceBenchmarks.All.Values);
if (args is [var piece] && PieceBenchmarks.All.TryGetValue(piece, out var benchmark))
    return PieceBenchmarks.Run(benchmark);
if (args is ["bare-writer"])
    return BareWriter.Run();
if (args is ["node", var streamsOfNode, var bytesOfNode])
    return await FloodingNode.RunAsync(Number(streamsOfNode), Number(bytesOfNode));
var streams = args.Length > 0 ? Number(args[0]) : 64;
var millions = args.Length > 1 ? Number(args[1]) : 4;
var valueBytes = args.Length > 2 ? Number(args[2]) : 256;
return await StreamBenchmark.RunAsync(streams, millions, valueBytes);

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
