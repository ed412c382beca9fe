using System.Globalization;
using ActorDcp.Producer;

namespace ActorDcp.Cluster.Tests.Members;

/// <summary>Writes to all vbuckets in turn, a new key each time, at a steady rate, until it is stopped.</summary>
internal sealed class Writer : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;
    private long _written;

    public Writer(EmbeddedProducer producer, int perSecond)
    {
        _writing = WriteAsync(producer, perSecond);
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

    private async Task WriteAsync(EmbeddedProducer producer, int perSecond)
    {
        using var timer = new PeriodicTimer(Tick);
        var began = TimeProvider.System.GetTimestamp();
        var vbuckets = producer.Bucket.VBucketCount;
        var value = new byte[64];
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var due = (long)(TimeProvider.System.GetElapsedTime(began).TotalSeconds * perSecond);
                for (; _written < due; Interlocked.Increment(ref _written))
                    TryWrite(producer, VBucketId.From((int)(_written % vbuckets)), value);
            }
        }
        catch (OperationCanceledException)
        {
            // told to stop
        }
    }
}
