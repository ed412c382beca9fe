using System.Globalization;
using ActorDcp.Fuzz.Frames;
using ActorDcp.Fuzz.Model;

// dotnet run -c Release --project tests/ActorDcp.Fuzz -- frames [--inputs 10000000] [--seed 1]
// Gives damaged recordings to the scanner, to every reader and to a stream's decoder: each must read or refuse them, in bounded time
// and memory.
//
// dotnet run -c Release --project tests/ActorDcp.Fuzz -- model [--runs 100000] [--seed 1]
// Lets a consumer follow a modelled producer through random histories, failovers, purges, disconnects and crashes: it must end with
// the producer's documents and never send an illegal request.
if (args is ["frames", .. var frameWords] && TryRead(frameWords, "--inputs", 10_000_000, out var inputs, out var frameSeed))
    return FrameHost.Run(inputs, frameSeed);
if (args is ["model", .. var modelWords] && TryRead(modelWords, "--runs", 100_000, out var runs, out var modelSeed))
    return ModelHost.Run((int)runs, modelSeed);
Console.Error.WriteLine("usage: frames [--inputs N] [--seed N] | model [--runs N] [--seed N]");
return 2;

static bool TryRead(string[] words, string countName, long defaultCount, out long count, out int seed)
{
    (count, seed) = (defaultCount, 1);
    for (var i = 0; i < words.Length; i += 2)
    {
        if (i + 1 == words.Length || !long.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        if (words[i] == countName)
            count = number;
        else if (words[i] == "--seed" && number <= int.MaxValue)
            seed = (int)number;
        else
            return false;
    }
    return true;
}
