using System.Buffers;

namespace ActorDcp.Client;

/// <summary>
/// The sending half of a connection. Frames are written whole into a buffer, and whoever finds nobody sending sends all that is
/// there: frames never interleave, and those of several threads share a packet. Thread-safe.
/// </summary>
internal sealed class FrameOutput(Stream stream, Action<Exception> failed)
{
    /// <summary>Most bytes that may wait for a node that does not read.</summary>
    internal const int MostWaiting = 8 * 1024 * 1024;

    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _filling = new(1024);
    private ArrayBufferWriter<byte> _sending = new(1024);
    private bool _isSending;
    private bool _isClosed;

    /// <summary>Queues a frame and sees that it is sent.</summary>
    /// <param name="opaque">Opaque for the frame.</param>
    /// <param name="write">Writes exactly one frame.</param>
    internal void Post(uint opaque, Action<IBufferWriter<byte>, uint> write)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            write(_filling, opaque);
            if (_filling.WrittenCount <= MostWaiting)
            {
                if (_isSending)
                    return;
                _isSending = true;
            }
            else
            {
                _isClosed = true;
            }
        }
        if (_isClosed)
            failed(new KvConnectionException($"{_filling.WrittenCount} bytes wait to be sent: the node does not read"));
        else
            _ = SendAsync();
    }

    internal void Close()
    {
        lock (_gate)
            _isClosed = true;
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_filling.WrittenCount == 0)
                    {
                        _isSending = false;
                        return;
                    }
                    (_filling, _sending) = (_sending, _filling);
                }
                await stream.WriteAsync(_sending.WrittenMemory).ConfigureAwait(false);
                _sending.ResetWrittenCount();
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            Close();
            failed(exception);
        }
    }
}
