using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace ActorDcp.Benchmarks.Producer;

/// <summary>Writes as many bytes as it is asked for, from a prepared buffer, in writes of 128 KiB.</summary>
internal static class BareWriter
{
    private const int WriteBytes = 128 * 1024;

    public static int Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine(JsonSerializer.Serialize(new { port = ((IPEndPoint)listener.LocalEndPoint!).Port }));
        var buffer = new byte[WriteBytes];
        Random.Shared.NextBytes(buffer);
        while (true)
        {
            using var socket = listener.Accept();
            socket.NoDelay = true;
            var asked = new byte[8];
            for (var got = 0; got < asked.Length;)
                got += socket.Receive(asked.AsSpan(got));
            for (var left = BinaryPrimitives.ReadInt64BigEndian(asked); left > 0;)
            {
                var size = (int)Math.Min(left, WriteBytes);
                for (var sent = 0; sent < size;)
                    sent += socket.Send(buffer.AsSpan(sent, size - sent));
                left -= size;
            }
        }
    }
}
