using System.Globalization;
using ActorDcp.Producer;

namespace ActorDcp.Cluster.Tests.Members;

/// <summary>Writes to all vbuckets in turn, a new key each time, at a steady rate, until it is stopped.</summary>
internal sealed class Writer : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;
    private volatile int _perSecond;
    private long _written;

    public Writer(EmbeddedProducer producer, int perSecond)
    {
        _perSecond = perSecond;
        _writing = WriteAsync(producer);
    }

    /// <summary>Its rate, from now on.</summary>
    public int PerSecond
    {
        get => _perSecond;
        set => _perSecond = value;
    }

    public long Written => Interlocked.Read(ref _written);

    /// <summary>After this nothing more is written.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _writing;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private void TryWrite(EmbeddedProducer producer, VBucketId vbucket, byte[] value)
    {
        try
        {
            producer.Bucket.Set(vbucket, string.Create(CultureInfo.InvariantCulture, $"key-{_written}"), value);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // nobody is active for it just now: this key is never written
        }
    }

    private async Task WriteAsync(EmbeddedProducer producer)
    {
        using var timer = new PeriodicTimer(Tick);
        var last = TimeProvider.System.GetTimestamp();
        var due = 0.0;
        var vbuckets = producer.Bucket.VBucketCount;
        var value = new byte[64];
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var now = TimeProvider.System.GetTimestamp();
                due += TimeProvider.System.GetElapsedTime(last, now).TotalSeconds * _perSecond;
                last = now;
                for (; _written < (long)due; Interlocked.Increment(ref _written))
                    TryWrite(producer, VBucketId.From((int)(_written % vbuckets)), value);
            }
        }
        catch (OperationCanceledException)
        {
            // told to stop
        }
    }
}
