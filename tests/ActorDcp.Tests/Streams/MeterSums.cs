using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ActorDcp.Tests.Streams;

/// <summary>What the instruments of one meter factory were told, summed by name and tags.</summary>
internal sealed class MeterSums : IDisposable
{
    private readonly ConcurrentDictionary<string, double> _sums = new();
    private readonly MeterListener _listener = new();

    public MeterSums(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The sum of an instrument; 0 when it was told nothing.</summary>
    public double this[string name] => _sums.GetValueOrDefault(name);

    /// <summary>As above, over all that have a tag, as <c>key=value</c>.</summary>
    public double Total(string name, string tag) => _sums
        .Where(sum => sum.Key.StartsWith(name + "{", StringComparison.Ordinal) && sum.Key.Contains($"{{{tag}}}", StringComparison.Ordinal))
        .Sum(sum => sum.Value);

    /// <summary>Forgets all, then reads the gauges.</summary>
    public void Collect()
    {
        _sums.Clear();
        _listener.RecordObservableInstruments();
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var tag in tags)
            name += $"{{{tag.Key}={tag.Value}}}";
        _sums.AddOrUpdate(name, value, (_, sum) => sum + value);
    }
}
