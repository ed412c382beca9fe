using System.Buffers;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Connections;

/// <summary>Documents that have been on disk alone since the start: while the disk is slow, a request for one waits for it.</summary>
internal static class ColdDocuments
{
    /// <summary>Puts a request off until its document is in memory; false where it need not wait.</summary>
    public static bool TryPutOff(ClientConnection connection, VBucket vbucket, in Frame frame, ReadOnlySpan<byte> key)
    {
        if (connection.Services.Faults.DiskDelay == TimeSpan.Zero || !vbucket.IsOnDiskAlone(key))
            return false;
        var header = frame.Header;
        var whole = new ArrayBufferWriter<byte>(header.FrameLength);
        FrameWriter.Write(whole, header.Magic, header.Opcode, header.VBucketOrStatus, header.Opaque, frame.FramingExtras, frame.Extras, frame.Key,
            frame.Value, header.Datatype, header.Cas);
        connection.Hold();
        _ = FetchAsync(connection, vbucket, key.ToArray(), whole.WrittenMemory);
        return true;
    }

    private static async Task FetchAsync(ClientConnection connection, VBucket vbucket, byte[] key, ReadOnlyMemory<byte> request)
    {
        try
        {
            await connection.Services.Faults.WaitForDiskAsync(connection.Services.Time, connection.Stopping);
            vbucket.FetchFromDisk(key);
            CommandDispatcher.Handle(connection, Frame.Read(request.Span));
        }
        catch (OperationCanceledException)
        {
            // nobody waits for the answer any more
        }
        catch (Exception exception)
        {
            connection.Services.Log.ConnectionFailed(connection.Remote, exception);
            connection.Drop("a request that was put off failed");
        }
        finally
        {
            connection.Release();
        }
    }
}
