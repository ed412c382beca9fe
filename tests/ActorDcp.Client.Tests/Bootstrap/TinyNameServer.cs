using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorDcp.Client.Tests.Bootstrap;

/// <summary>A name server on loopback that knows service records only; laid out by hand from RFC 1035 and RFC 2782.</summary>
internal sealed class TinyNameServer : IAsyncDisposable
{
    private const ushort ServiceType = 33;
    private const int HeaderSize = 12;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    internal TinyNameServer() => _serving = ServeAsync();

    internal IPEndPoint Endpoint => (IPEndPoint)_socket.Client.LocalEndPoint!;

    /// <summary>Records by the name of their service.</summary>
    internal Dictionary<string, (ushort Priority, ushort Weight, ushort Port, string Target)[]> Services { get; } = [];

    /// <summary>Whether questions are left without an answer.</summary>
    internal volatile bool IsSilent;

    /// <summary>Questions heard.</summary>
    internal int Questions;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var question = await _socket.ReceiveAsync(_stopping.Token);
                Interlocked.Increment(ref Questions);
                if (!IsSilent)
                    await _socket.SendAsync(Answer(question.Buffer), question.RemoteEndPoint, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private byte[] Answer(byte[] question)
    {
        var labels = new List<string>();
        var at = HeaderSize;
        for (; question[at] != 0; at += question[at] + 1)
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
        // the name's end, type and class
        var end = at + 5;
        var records = Services.GetValueOrDefault(string.Join('.', labels), []);
        var answer = new List<byte>(question[..end]);
        // an answer, recursion available; "no such name" where nothing is known
        (answer[2], answer[3]) = (0x81, records.Length == 0 ? (byte)0x83 : (byte)0x80);
        (answer[6], answer[7]) = (0, (byte)records.Length);
        (answer[10], answer[11]) = (0, 0);
        foreach (var record in records)
            Add(answer, record);
        return [.. answer];
    }

    private static void Add(List<byte> answer, (ushort Priority, ushort Weight, ushort Port, string Target) record)
    {
        var target = record.Target.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]).Append((byte)0).ToArray();
        // the question's name by pointer
        answer.AddRange([0xc0, HeaderSize]);
        Add(answer, ServiceType);
        Add(answer, 1);
        answer.AddRange([0, 0, 0, 60]);
        Add(answer, (ushort)(6 + target.Length));
        Add(answer, record.Priority);
        Add(answer, record.Weight);
        Add(answer, record.Port);
        answer.AddRange(target);
    }

    private static void Add(List<byte> answer, ushort number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, number);
        answer.AddRange(bytes);
    }
}
