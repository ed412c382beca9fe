using ActorDcp.Protocol;

namespace ActorDcp.Fuzz.Frames;

/// <summary>Makes inputs from a seed and gives them to the readers; stops at the first that is neither read nor refused.</summary>
internal sealed class FrameFuzzer : IDisposable
{
    // one input in so many is a whole stream
    private const int StreamsAmong = 16;
    private const int MostStreamEdits = 3;

    // what reading may allocate: a constant for an exception and its trace, and a multiple of the input; JSON takes most, and
    // a Snappy block inflates to at most 64 bytes for three of its own
    private const long AllowedBytes = 1024 * 1024;
    private const long AllowedBytesAByte = 128;

    private readonly RecordedFrames _recorded;
    private readonly Random _random;
    private readonly FrameMutator _mutator;
    private readonly StreamDecoding _decoding = new();
    private readonly List<ArraySegment<byte>> _stream = [];
    private long _inputs;

    internal FrameFuzzer(RecordedFrames recorded, int seed)
    {
        _recorded = recorded;
        _random = new Random(seed);
        _mutator = new FrameMutator(_random);
    }

    /// <summary>Inputs so far; may be read from another thread, which sees by it that nothing hangs.</summary>
    internal long Inputs => Volatile.Read(ref _inputs);

    /// <summary>Inputs that were read to their end.</summary>
    internal long Read { get; private set; }

    /// <summary>Inputs that were refused.</summary>
    internal long Refused { get; private set; }

    /// <summary>Bytes allocated by the input that needed most.</summary>
    internal long LargestAllocation { get; private set; }

    /// <summary>The input in work, in words.</summary>
    internal string Current => _stream.Count > 0
        ? string.Join(' ', _stream.Select(frame => Convert.ToHexStringLower(frame)))
        : Convert.ToHexStringLower(_mutator.Buffer.AsSpan(0, _length));

    private int _length;

    /// <summary>Runs a number of inputs.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    internal string? Run(long inputs)
    {
        for (var i = 0L; i < inputs; i++)
        {
            var isStream = _random.Next(StreamsAmong) == 0;
            var collections = _random.Next(4) > 0;
            var size = isStream ? MakeStream() : MakeFrame();
            if (TryRead(isStream, collections, out var allocated) is { } fault)
                return $"input {Inputs}: {fault}: {Current}";
            // what the first use of something costs is not the input's fault, so only a second time counts
            if (allocated > AllowedBytes + AllowedBytesAByte * size)
            {
                TryReadAgain(isStream, collections, out allocated);
                if (allocated > AllowedBytes + AllowedBytesAByte * size)
                    return $"input {Inputs} of {size} bytes made {allocated} bytes of garbage: {Current}";
            }
            LargestAllocation = Math.Max(LargestAllocation, allocated);
            Volatile.Write(ref _inputs, _inputs + 1);
        }
        return null;
    }

    public void Dispose() => _decoding.Dispose();

    private int MakeFrame()
    {
        _stream.Clear();
        _length = _mutator.Mutate(_recorded.Forms[_random.Next(_recorded.Forms.Count)]);
        return _length;
    }

    private int MakeStream()
    {
        _stream.Clear();
        foreach (var frame in _recorded.Streams[_random.Next(_recorded.Streams.Count)])
            _stream.Add(frame);
        for (var edits = _random.Next(1, MostStreamEdits + 1); edits > 0 && _stream.Count > 0; edits--)
            EditStream();
        return _stream.Sum(frame => frame.Count);
    }

    private void EditStream()
    {
        var at = _random.Next(_stream.Count);
        switch (_random.Next(4))
        {
            case 0:
                _stream.RemoveAt(at);
                break;
            case 1:
                _stream.Insert(_random.Next(_stream.Count), _stream[at]);
                break;
            case 2:
                var other = _random.Next(_stream.Count);
                (_stream[at], _stream[other]) = (_stream[other], _stream[at]);
                break;
            default:
                var length = _mutator.Mutate([.. _stream[at]]);
                _stream[at] = _mutator.Buffer[..length];
                break;
        }
    }

    private void TryReadAgain(bool isStream, bool collections, out long allocated)
    {
        var (read, refused) = (Read, Refused);
        TryRead(isStream, collections, out allocated);
        (Read, Refused) = (read, refused);
    }

    private string? TryRead(bool isStream, bool collections, out long allocated)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        allocated = 0;
        try
        {
            if (isStream)
                _decoding.Read(_stream, collections);
            else if (FrameScanner.TryScan(_mutator.Buffer.AsSpan(0, _length), out var length))
                EveryReader.Read(_mutator.Buffer, length, collections);
            Read++;
        }
        catch (Exception exception) when (exception is ProtocolException or InvalidDataException)
        {
            Refused++;
        }
#pragma warning disable CA1031 // whatever else comes is what is looked for
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception.ToString();
        }
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return isStream && _decoding.Leaks ? "not everything was given back" : null;
    }
}
