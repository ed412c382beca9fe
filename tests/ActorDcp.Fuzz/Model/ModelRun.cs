using System.Globalization;

namespace ActorDcp.Fuzz.Model;

/// <summary>
/// One random history: writes, failovers, purges, losses, disconnects, crashes. At its end the consumer must have the producer's
/// documents.
/// </summary>
internal sealed class ModelRun : IDisposable
{
    private const int Steps = 40;
    private readonly int _seed;
    private readonly Random _random;
    private readonly ModelVBucket _vbucket = new();
    private int _writes;

    internal ModelRun(int seed, PlantedFault fault)
    {
        _seed = seed;
        _random = new Random(seed);
        Consumer = new ModelConsumer(_vbucket, _random, fault, filtered: _random.Next(2) == 0);
    }

    internal ModelConsumer Consumer { get; }

    internal string Failure { get; private set; } = "";

    /// <summary>Runs it.</summary>
    /// <returns>Whether all is well.</returns>
    internal bool Go()
    {
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                Write(12);
                Disturb();
                if (Consumer.Failure is not null || (_random.Next(3) > 0 && !Consumer.Follow(toTheEnd: false, () => Write(3))))
                    break;
                if (_random.Next(4) == 0)
                    Consumer.Checkpoint();
            }
            if (Consumer.Failure is null && Consumer.Follow(toTheEnd: true, static () => { }))
                Consumer.IsWhole(_vbucket.High);
            Failure = Consumer.Failure ?? "";
        }
        catch (ArgumentException exception)
        {
            Failure = exception.ToString();
        }
        return Failure.Length == 0;
    }

    public void Dispose() => Consumer.Dispose();

    private void Write(int most)
    {
        for (var count = _random.Next(most); count > 0; count--)
            _vbucket.Write(
                _random.Next(ModelStream.Keys),
                _random.Next(5) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"v{_seed}.{++_writes}"));
    }

    private void Disturb()
    {
        switch (_random.Next(14))
        {
            case 0:
                _vbucket.FailOver(Below(30));
                break;
            // a consumer at 0 is accepted whatever was purged (4.3), and nobody can tell it that deletions are missing of what it had
            case 1 when Consumer.CanBeToldOfPurges:
                _vbucket.Purge(Below(40));
                break;
            // after a crash nobody knows what was handled above the checkpoint, and no branch tells of the loss
            case 2 when _seed % 3 == 0 && Consumer.HandledExactly:
                _vbucket.Lose(Math.Max(Below(10), _vbucket.Log[0].Seqno));
                // written again at once, the seqnos would be taken for the old ones: no consumer could tell
                Consumer.Follow(toTheEnd: true, static () => { });
                break;
            case 3:
                Consumer.Crash();
                break;
        }
    }

    private ulong Below(int most) => _vbucket.High - Math.Min(_vbucket.High, (ulong)_random.Next(most));
}
