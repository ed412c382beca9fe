using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Host.Producer;

/// <summary>Writes JSON documents of one size under the keys <c>k0</c>, <c>k1</c>... straight into a bucket. Not thread-safe.</summary>
internal sealed class DocumentWriter
{
    /// <summary>After so many keys <see cref="RunAsync"/> begins with the first again, so that memory does not grow for ever.</summary>
    private const long MostKeys = 1_000_000;

    private const string Head = "{\"n\":\"0000000000\",\"pad\":\"";
    private const string Tail = "\"}";
    private const int NumberAt = 6;
    private const int NumberLength = 10;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly Bucket _bucket;
    private readonly byte[] _value;
    private readonly bool _isDocument;
    private readonly long _keys;
    private long _next;

    /// <param name="bucket">Where to.</param>
    /// <param name="valueSize">Bytes of a document.</param>
    /// <param name="keys">Number of keys that <see cref="RunAsync"/> goes round, unless more were written before.</param>
    public DocumentWriter(Bucket bucket, int valueSize, long keys = MostKeys)
    {
        _bucket = bucket;
        _keys = keys;
        _isDocument = valueSize >= Head.Length + Tail.Length;
        _value = Encoding.ASCII.GetBytes(
            _isDocument ? Head + new string('x', valueSize - Head.Length - Tail.Length) + Tail : new string('x', valueSize));
    }

    /// <summary>How many documents were written.</summary>
    public long Written => Volatile.Read(ref _next);

    /// <summary>Writes documents as fast as they can be.</summary>
    public void Write(long count, CancellationToken cancellationToken)
    {
        const int ChecksEvery = 1024;
        for (var i = 0L; i < count; i++)
        {
            if (i % ChecksEvery == 0)
                cancellationToken.ThrowIfCancellationRequested();
            WriteNext(long.MaxValue);
        }
    }

    /// <summary>Goes on writing so many documents a second until it is told to stop.</summary>
    public async Task RunAsync(int perSecond, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        var keys = Math.Max(_keys, _next);
        var started = time.GetTimestamp();
        var written = 0L;
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            for (var due = (long)(time.GetElapsedTime(started).TotalSeconds * perSecond); written < due; written++)
                WriteNext(keys);
    }

    private void WriteNext(long keys)
    {
        var number = _next % keys;
        if (_isDocument)
            number.TryFormat(_value.AsSpan(NumberAt, NumberLength), out _, "D10", CultureInfo.InvariantCulture);
        _bucket.Set(string.Create(CultureInfo.InvariantCulture, $"k{number}"), _value);
        Volatile.Write(ref _next, _next + 1);
    }
}
